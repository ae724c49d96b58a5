// Comforts of the back office. Everything works without.
'use strict';

for (const button of document.querySelectorAll('[data-copy]')) {
  button.hidden = false;
  button.addEventListener('click', async () => {
    const field = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      field.select();
      document.execCommand('copy');
    }
    const text = button.textContent;
    button.textContent = 'Copied';
    setTimeout(() => { button.textContent = text; }, 2000);
  });
}

for (const link of document.querySelectorAll('[data-back]')) {
  link.hidden = history.length < 2;
  link.addEventListener('click', (event) => {
    event.preventDefault();
    history.back();
  });
}

// A form is sent once; when the page is shown again from the browser's memory it can be sent again.
for (const form of document.querySelectorAll('form[method=post]')) {
  form.addEventListener('submit', (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = 'yes';
    for (const button of form.querySelectorAll('button')) button.setAttribute('aria-disabled', 'true');
  });
}
addEventListener('pageshow', () => {
  for (const form of document.querySelectorAll('form[data-sent]')) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll('button')) button.removeAttribute('aria-disabled');
  }
});

document.getElementById('summary')?.focus();
