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

for (const button of document.querySelectorAll('[data-fill]')) {
  button.hidden = false;
  button.addEventListener('click', () => {
    const { fill, value, choose } = button.dataset;
    button.form.elements[fill].value = value;
    if (choose) button.form.elements.service.value = choose;
  });
}

// A file is read into the field beside it: what is sent is what one sees.
for (const file of document.querySelectorAll('[data-file]')) {
  file.hidden = false;
  file.addEventListener('change', async () => {
    const bytes = await file.files[0]?.arrayBuffer();
    if (!bytes) return;
    let text;
    try {
      text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch {
      text = new TextDecoder('windows-1252').decode(bytes);
    }
    file.form.elements[file.dataset.file].value = text;
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

// Keys are checked while they are typed, by the same rules that the server saves them by.
for (const form of document.querySelectorAll('form[data-keys]')) {
  let asked = 0;
  form.addEventListener('input', ({ target }) => {
    if (!['publishable', 'secret', 'signing'].includes(target.name)) return;
    const now = ++asked;
    setTimeout(async () => {
      if (now !== asked) return;
      let said = '';
      if (target.value) {
        // The two keys are looked at together: each may be right, and one for tests.
        const { publishable, secret } = form.elements;
        const beside = target === publishable ? secret.value : publishable.value;
        const body = new URLSearchParams({ field: target.name, text: target.value, beside });
        const answer = await fetch(form.dataset.keys, { method: 'POST', body }).catch(() => null);
        if (!answer?.ok || now !== asked) return;
        said = await answer.text();
      }
      let line = document.getElementById(`${target.name}-live`);
      if (!line) {
        line = Object.assign(document.createElement('p'), { id: `${target.name}-live`, className: 'wrong' });
        line.setAttribute('aria-live', 'polite');
        target.before(line);
        target.setAttribute('aria-describedby', [target.getAttribute('aria-describedby'), line.id].filter(Boolean).join(' '));
      }
      line.textContent = said;
      target.toggleAttribute('aria-invalid', Boolean(said));
    }, 350);
  });
}

// Tables sort by the column whose head is pressed; once more the other way round.
for (const table of document.querySelectorAll('table[data-sort]')) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement('button');
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener('click', () => {
      const up = head.getAttribute('aria-sort') !== 'ascending';
      heads.forEach((other) => other.removeAttribute('aria-sort'));
      head.setAttribute('aria-sort', up ? 'ascending' : 'descending');
      const value = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent.trim();
      const order = (a, b) => (column ? value(a) - value(b) : value(a).localeCompare(value(b)));
      const rows = [...table.tBodies[0].rows].sort((a, b) => (up ? order(a, b) : order(b, a)));
      table.tBodies[0].append(...rows);
    });
  });
}
