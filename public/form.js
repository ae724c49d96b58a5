// The form for the client's details. It answers before the program is there: it keeps what is typed, says what is not right,
// and remembers that its button was pressed. The program takes over this very form (src/screens/details): focus and caret stay.
(() => {
  'use strict';
  const { data, texts, details, begin, embedder } = window.__page;
  const t = (key) => texts[key] || key;
  const salon = (data.view.catalogue || {}).salon || {};
  const KEPT = 'booking-checkout:client';
  const FIELDS = ['name', 'email', 'phone', 'note'];
  // Countries and their prefixes: those where Stripe pays out, and their neighbours.
  const COUNTRIES = ('AE971 AR54 AT43 AU61 BA387 BE32 BG359 BR55 CA1 CH41 CY357 CZ420 DE49 DK45 EE372 ES34 FI358 FR33 GB44 GE995 GI350 '
    + 'GR30 HK852 HR385 HU36 IE353 IL972 IN91 IS354 IT39 JP81 KR82 LI423 LT370 LU352 LV371 MD373 ME382 MK389 MT356 MX52 MY60 NL31 '
    + 'NO47 NZ64 PL48 PT351 RO40 RS381 SE46 SG65 SI386 SK421 TH66 TR90 UA380 US1 ZA27').split(' ');
  const make = (tag, attributes, ...children) => {
    const it = document.createElement(tag);
    for (const name in attributes) it.setAttribute(name, attributes[name]);
    it.append(...children);
    return it;
  };
  const several = (key, number) => {
    const form = new Intl.PluralRules(document.documentElement.lang).select(number);
    return (texts[key + '.' + form] || t(key + '.other')).replace('{n}', number);
  };

  // ---- What a field may hold. The server checks the same, and more. Answers with the key of the sentence that says what to do.
  const isEmail = (value) => {
    const at = value.lastIndexOf('@');
    const host = value.slice(at + 1).split('.');
    return at > 0 && host.length > 1 && host.every(Boolean) && value.length < 255 && !/\s/.test(value);
  };
  const check = (field, text) => {
    const value = text.trim();
    const length = [...value].length;
    const digits = value.replace(/\D/g, '').length;
    if (field === 'name') return !value ? 'wrong.name' : length > 100 ? 'wrong.name_long' : '';
    if (field === 'email') return !value ? 'wrong.email_missing' : isEmail(value) ? '' : 'wrong.email';
    if (field === 'note') return length > 500 ? 'wrong.note_long' : '';
    return !value || (/^[\d+ \-/().]{5,30}$/.test(value) && digits > 4 && digits < 18) ? '' : 'wrong.phone';
  };
  // A number as it is dialled from abroad: `0660 123` in Austria is `+43 660 123`. Italy keeps its zero.
  const abroad = (text, prefix) => {
    const number = text.trim();
    if (!number || !prefix || number.startsWith('+')) return number;
    if (number.startsWith('00')) return '+' + number.slice(2);
    return `+${prefix} ${prefix === '39' ? number : number.replace(/^0+/, '')}`;
  };

  // The same without its country, as far as that is one of ours: `+436601234567` is `6601234567`. No prefix begins another.
  const atHome = (text) => {
    const number = text.trim().replace(/^(\+|00) */, '+');
    const prefix = COUNTRIES.map((one) => '+' + one.slice(2)).find((one) => number.startsWith(one));
    return prefix ? number.slice(prefix.length).trim() : number;
  };

  // ---- What is typed is kept for this tab, where that is allowed.
  const typed = { name: '', email: '', phone: '', note: '' };
  try { Object.assign(typed, JSON.parse(sessionStorage.getItem(KEPT))); } catch { /* it lives in this page alone */ }
  const keep = () => { try { sessionStorage.setItem(KEPT, JSON.stringify(typed)); } catch { /* see above */ } };

  // ---- The form.
  let wrong = {};
  let drawn = '';
  const inputs = {};
  const lines = {};
  const summary = make('div');
  const problem = make('div', { role: 'alert' });
  const button = make('button', { class: 'button wide', type: 'submit', id: 'to-payment' });
  // Drawn anew only when something changed: the summary may just have got the focus.
  const draw = () => {
    const now = FIELDS.filter((field) => wrong[field]);
    const key = JSON.stringify(wrong);
    if (key === drawn) return;
    drawn = key;
    for (const field of FIELDS) {
      lines[field].textContent = wrong[field] || '';
      if (wrong[field]) inputs[field].setAttribute('aria-invalid', 'true'); else inputs[field].removeAttribute('aria-invalid');
    }
    summary.replaceChildren();
    if (now.length < 2) return;
    // Several at once: a list that leads to each.
    const links = now.map((field) => {
      const link = make('button', { class: 'plain', type: 'button' }, wrong[field]);
      link.onclick = () => inputs[field].focus();
      return make('li', {}, link);
    });
    summary.append(make('div', { id: 'error-summary', class: 'note bad', tabindex: -1, role: 'alert' },
      make('h2', {}, several('details.errors', now.length)), make('ul', {}, ...links)));
  };
  const judge = (field) => {
    const key = check(field, typed[field]);
    if (key) wrong[field] = t(key); else delete wrong[field];
  };
  const set = (field, value) => { typed[field] = inputs[field].value = value; keep(); };
  const wired = (field, input) => {
    inputs[field] = input;
    input.value = typed[field];
    input.oninput = () => {
      set(field, input.value);
      // An error that is put right goes at once; a new one waits until the field is left.
      if (!check(field, input.value)) { delete wrong[field]; draw(); }
    };
    input.onblur = () => { if (input.value) { judge(field); draw(); } };
    return input;
  };
  const field = (name, tag, attributes, beside) => {
    const own = wired(name, make(tag, { id: name, name, 'aria-describedby': name + '-error', ...attributes }));
    const label = make('label', { for: name }, t('details.' + name));
    if (name === 'phone' || name === 'note') label.append(make('span', { class: 'quiet small' }, ' ' + t('details.optional')));
    lines[name] = make('p', { class: 'wrong', id: name + '-error' });
    return make('div', { class: 'field' }, label, beside ? make('div', { class: 'phone' }, beside, own) : own, lines[name]);
  };
  const country = make('select', { id: 'phone-country', autocomplete: 'tel-country-code', 'aria-label': t('details.country') },
    ...COUNTRIES.map((one) => {
      const [code, prefix] = [one.slice(0, 2), one.slice(2)];
      return new Option(`${code} +${prefix}`, prefix, code === salon.country, code === salon.country);
    }));
  const node = make('form', { class: 'stack', novalidate: '' },
    summary,
    field('name', 'input', { type: 'text', autocomplete: 'name', inputmode: 'text' }),
    field('email', 'input', { type: 'email', autocomplete: 'email', inputmode: 'email' }),
    field('phone', 'input', { type: 'tel', autocomplete: 'tel-national', inputmode: 'tel', maxlength: 30 }, country),
    field('note', 'textarea', { rows: 2, maxlength: 500 }),
    problem,
    button,
    make('p', { class: 'quiet small' }, t('details.privacy')));
  inputs.phone.onchange = () => set('phone', abroad(typed.phone, country.value));
  country.onchange = () => set('phone', abroad(atHome(typed.phone), country.value));

  // ---- What the program hears, or will hear when it is there.
  let hear;
  const waiting = [];
  const tell = (word) => { if (hear) hear(word); else { waiting.push(word); begin(); } };
  const show = (busy, words) => {
    button.disabled = busy;
    button.replaceChildren(
      ...(busy ? [make('span', { class: 'spin', 'aria-hidden': 'true' })] : []), make('span', {}, t(busy ? 'details.holding' : 'details.next')));
    problem.replaceChildren(...(words ? [make('div', { class: 'note bad' }, make('p', {}, words))] : []));
  };
  node.onsubmit = (event) => {
    event.preventDefault();
    for (const one of FIELDS) judge(one);
    draw();
    const [first, more] = FIELDS.filter((one) => wrong[one]);
    if (more) document.getElementById('error-summary').focus();
    else if (first) inputs[first].focus();
    else {
      if (!hear) show(true);
      tell('send');
    }
  };
  const back = make('button', { class: 'plain back', type: 'button' }, '‹ ' + t('back'));
  back.onclick = () => tell('back');
  const screen = make('section', { class: 'screen', 'data-step': 'details', 'aria-labelledby': 'title' },
    back, make('h1', { id: 'title', tabindex: -1 }, t('details.title')), node);

  // Whether the form is opened because of what the server did not take.
  let refused = false;
  // Said once, when the form is in the page and answers.
  let marked = false;
  const mark = () => { if (!marked) performance.mark('form-interactive'); marked = true; };

  window.__form = {
    typed, check, abroad, show,
    // Its screen. Errors of an earlier visit are gone.
    open() {
      if (!screen.isConnected && !refused) { wrong = {}; draw(); }
      refused = false;
      setTimeout(mark);
      return screen;
    },
    // The program is there: it hears what was pressed meanwhile.
    listen(listener) {
      hear = listener;
      for (const word of waiting.splice(0)) hear(word);
    },
    // A field that the server did not take, which checks more. Whether it is one of this form.
    refuse(name) {
      if (!inputs[name]) return false;
      wrong = { [name]: t(check(name, typed[name]) || (name === 'note' ? 'wrong.note_long' : 'wrong.' + name)) };
      draw();
      refused = !screen.isConnected;
      setTimeout(() => inputs[name].focus(), 30);
      return true;
    },
    // What is known of the client, where nothing is typed yet.
    fill(name, email, phone) {
      const known = { name, email, phone };
      for (const one in known) if (known[one] && !typed[one]) set(one, String(known[one]).slice(0, 254));
    },
  };
  show(false);

  // ---- The page around our frame may know the client. It says so to us alone: nothing of it stands in an address.
  if (embedder) {
    addEventListener('message', ({ source, origin, data: word }) => {
      if (source !== parent || origin !== embedder || !word || word.source !== 'booking-checkout' || word.event !== 'client') return;
      window.__form.fill(word.name, word.email, word.phone);
    });
    window.__frame('form');
  }

  // ---- The page opens at the details: they are there before the program.
  if (!details) return;
  const names = details.length > 1 ? several('services.count', details.length) : details[0].name;
  const { classList } = document.getElementById('main');
  classList.add('two');
  document.getElementById('app').append(
    make('aside', { class: 'summary' }, make('button', { type: 'button' }, make('span', {}, names)), make('div', { class: 'inside' }, names)));
  document.getElementById('stage').replaceChildren(screen);
  mark();
})();
