// What must not wait for WebAssembly: the card field, the salon's colour, the frame around us, and a last resort.
// The widget takes these over through window.__card, window.__frame and window.__page (src/stripe, src/frame.rs).
(() => {
  'use strict';
  // How long the program waits for the card field, in milliseconds.
  const PATIENCE = 3000;
  const $ = (id) => document.getElementById(id);
  const read = (id) => { try { return JSON.parse($(id).textContent); } catch { return null; } };
  const data = read('page-data') || {};
  const texts = read('page-texts') || {};
  const view = data.view || {};
  const salon = view.salon || (view.catalogue || {}).salon || {};
  const query = new URLSearchParams(location.search);
  const root = document.documentElement;
  // ---- The last resort: one panic ends the widget, so say plainly how to go on.
  let over = false;
  const giveUp = () => {
    if (over) return;
    over = true;
    const box = $('fallback');
    const line = (text, tag = 'p') => { const p = document.createElement(tag); p.textContent = text; box.append(p); return p; };
    const what = line(texts['fallback.text'] || 'This page stopped working. What you have paid or booked is safe.', 'h1');
    const again = document.createElement('button');
    again.className = 'button';
    again.textContent = texts['fallback.reload'] || 'Load again';
    again.onclick = () => location.reload();
    box.append(again);
    if (salon.phone) line((texts['fallback.call'] || 'Or call us: {phone}').replace('{phone}', salon.phone));
    box.hidden = false;
    $('main').hidden = true;
    what.tabIndex = -1;
    what.focus();
  };
  const broken = (why) => [WebAssembly.RuntimeError, WebAssembly.CompileError, WebAssembly.LinkError]
    .some((kind) => why instanceof kind);
  addEventListener('error', (event) => { if (broken(event.error)) giveUp(); });
  addEventListener('unhandledrejection', (event) => { if (broken(event.reason)) giveUp(); });

  // ---- The program. The card field comes first, for that is what a payer waits for: they would share the line.
  const program = $('boot').dataset.program;
  const page = new Promise((there) => { addEventListener('DOMContentLoaded', there); });
  let begun, started;
  const begin = () => {
    if (begun) return begun;
    const code = fetch(program + '.wasm');
    begun = Promise.all([import(program + '.js'), page]).then(([glue]) => glue.default({ module_or_path: code })).then(() => {
      started = true;
      performance.mark('program-started');
    });
    // It never came, or did not start: whatever kept it from that.
    begun.catch(giveUp);
    setTimeout(() => { if (!started) giveUp(); }, 45000);
    return begun;
  };

  // ---- The page around us may have its own colour and corners: these two, and only as what they are.
  const looksLike = (name, form) => { const value = query.get(name) || ''; return form.test(value) && value; };
  const own = { '--salon': looksLike('colour', /^#[0-9a-f]{6}$/i), '--radius': looksLike('radius', /^(\d|1\d|2[0-4])px$/) };
  for (const name in own) if (own[name]) root.style.setProperty(name, own[name]);

  // ---- The salon's colour: fill, and text on it and beside it, with their contrast checked (WCAG 4.5:1).
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const light = (rgb) => rgb.map((c) => { c /= 255; return c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4; })
    .reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
  const contrast = (a, b) => { const [x, y] = [light(a), light(b)]; return (Math.max(x, y) + .05) / (Math.min(x, y) + .05); };
  const mix = (a, b, t) => a.map((c, i) => Math.round(c + (b[i] - c) * t));
  const reach = (rgb, ground, ratio) => {
    const end = light(ground) > .2 ? [0, 0, 0] : [255, 255, 255];
    for (let t = 0; t < 1; t += .05) { const c = mix(rgb, end, t); if (contrast(c, ground) >= ratio) return c; }
    return end;
  };
  const paint = () => {
    const hex = /^#([0-9a-f]{6})$/i.exec(getComputedStyle(root).getPropertyValue('--salon').trim());
    const n = parseInt(hex ? hex[1] : '3d5a6c', 16);
    const colour = [n >> 16, n >> 8 & 255, n & 255];
    const ground = dark.matches ? [24, 25, 27] : [255, 255, 255];
    const css = (c) => `rgb(${c.join(', ')})`;
    const fill = reach(colour, ground, 3);
    const on = [[255, 255, 255], [17, 17, 17]].sort((a, b) => contrast(b, fill) - contrast(a, fill))[0];
    const tokens = { fill, on, text: reach(colour, mix(ground, fill, .1), 4.6), tint: mix(ground, fill, dark.matches ? .16 : .08) };
    for (const name in tokens) root.style.setProperty('--accent-' + name, css(tokens[name]));
  };
  paint();

  // ---- The card field: one instance for the page's life, in #card, which never moves (a moved frame loads again).
  const looks = () => {
    const style = getComputedStyle(root);
    const token = (name) => style.getPropertyValue(name).trim();
    return {
      theme: dark.matches ? 'night' : 'stripe',
      variables: {
        colorPrimary: token('--accent-text'), colorBackground: token('--field'), colorText: token('--ink'),
        colorTextSecondary: token('--quiet'), colorDanger: token('--wrong'), borderRadius: token('--radius'),
        fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif', fontSizeBase: '16px', spacingUnit: '4px',
      },
      rules: { '.Input': { border: '1px solid ' + token('--edge'), boxShadow: 'none', padding: '12px' }, '.Label': { fontWeight: '500' } },
    };
  };
  const setup = data.stripe;
  let stripe, elements, wanted, timer, tell, scriptHere, setupFutureUsage = null;
  const card = window.__card = {
    state: setup ? 'loading' : 'none',
    complete: false,
    // The widget listens here; it reads `state` first.
    listen(hear) { tell = hear; },
    // Makes the field for a sum (minor units); a second call only changes the sum.
    open(amount, currency) {
      if (!setup) return;
      const changed = !wanted || wanted.amount !== amount;
      wanted = { amount, currency: currency.toLowerCase() };
      if (!elements) mount();
      else if (changed) elements.update({ amount });
      if (!scriptHere) fetchScript();
    },
    // Whether the card is saved for later: Stripe wants the field to know.
    save(saves) {
      const now = saves ? 'off_session' : null;
      if (now === setupFutureUsage) return;
      setupFutureUsage = now;
      if (elements) elements.update({ setupFutureUsage });
    },
    retry() {
      say('loading');
      if (elements) { elements = null; $('card').textContent = ''; }
      if (window.Stripe) mount(); else fetchScript();
    },
    // Stripe wants `submit` before any other wait: call this straight from the click.
    async token(name, email) {
      const checked = await elements.submit();
      if (checked.error) return { error: checked.error };
      const details = {};
      if (name) details.name = name;
      if (email) details.email = email;
      const made = await stripe.createConfirmationToken({ elements, params: { payment_method_data: { billing_details: details } } });
      return made.error ? { error: made.error } : { token: made.confirmationToken.id };
    },
    // Lets the payer confirm with their bank.
    async bank(clientSecret) {
      if (!window.Stripe) return { error: { code: 'blocked' } };
      stripe = stripe || window.Stripe(setup.key, { locale: root.lang || 'auto' });
      const done = await stripe.handleNextAction({ clientSecret });
      return done.error ? { error: done.error } : {};
    },
  };
  const say = (state) => {
    card.state = state;
    clearTimeout(timer);
    if (state !== 'loading') begin();
    else if (wanted) timer = setTimeout(() => say('blocked'), 8000);
    $('card-room').dataset.state = state;
    if (tell) tell(state);
  };
  const mount = () => {
    if (!wanted || elements || !window.Stripe) return;
    say('loading');
    try {
      stripe = stripe || window.Stripe(setup.key, { locale: root.lang || 'auto' });
      elements = stripe.elements({
        mode: 'payment', amount: wanted.amount, currency: wanted.currency, allowedPaymentMethodTypes: ['card'],
        setupFutureUsage, appearance: looks(), locale: root.lang || 'auto',
      });
      const field = elements.create('payment', {
        layout: 'tabs', wallets: { link: 'never' }, defaultValues: { billingDetails: { address: { country: salon.country } } },
      });
      field.on('ready', () => { performance.mark('card-ready'); say('ready'); });
      field.on('change', (event) => { card.complete = event.complete; if (tell) tell('change'); });
      field.on('loaderror', () => say('blocked'));
      field.mount('#card');
    } catch (error) {
      elements = null;
      say('blocked');
    }
  };
  const fetchScript = () => {
    if (scriptHere) scriptHere.remove();
    scriptHere = document.createElement('script');
    scriptHere.src = setup.js;
    scriptHere.onload = mount;
    scriptHere.onerror = () => say('blocked');
    document.head.append(scriptHere);
  };
  dark.addEventListener('change', () => { paint(); if (elements) elements.update({ appearance: looks() }); });

  // ---- The services of an address that is complete: `?service=svc_cut&employee=emp_anna&start=…`, or the same after a `#`. The
  // program reads it too (src/state/route.rs), and goes where it must; this only says what to show until then.
  const [step, rest] = location.hash.slice(1).split('?');
  const address = rest ? new URLSearchParams(rest) : query;
  const chosen = () => {
    const { services, employees } = view.catalogue;
    const all = (address.get('service') || '').split(',').map((id) => services.find((one) => one.id === id));
    if (all.length > 5 || !all.every(Boolean) || !['', 'details', 'payment'].includes(step)) return null;
    const date = (all[0].dates || []).find((one) => one.id === address.get('date'));
    if (date && all.length === 1) return all;
    const able = employees.filter(({ id }) => all.every((one) => one.employees.includes(id)));
    const who = address.get('employee') === 'any' ? address.get('with') : address.get('employee');
    const known = able.length === 1 || able.some(({ id }) => id === who);
    return known && /^\d+$/.test(address.get('start')) ? all : null;
  };
  // A booking that was begun before is asked about first.
  const kept = () => {
    try { return (sessionStorage.getItem('booking-checkout:token:' + salon.slug) || localStorage.getItem('booking-checkout:token:' + salon.slug)); }
    catch { return null; }
  };
  const services = view.is === 'book' && chosen();
  // The page around our frame, if the salon has not ruled it out: it is told our height, and what happens, and nobody else is.
  const around = query.get('embedder');
  const embedder = parent !== window && around && /^https?:\/\/[^/]+$/.test(around)
    && (!(data.embedders || []).length || data.embedders.includes(around)) && around;
  window.__page = { data, texts, begin, embedder, details: services && step !== 'payment' && !kept() ? services : null };

  // A visit's sum is known; a page that opens at the details makes the field for the price until the quote is there.
  const early = () => {
    if (view.is === 'visit') return view.booking.payment.is === 'paid' ? null : view.booking.quote.offer.now;
    const pays = services && services.every((one) => one.rule !== 'forbidden');
    return pays && { minor: services.reduce((sum, one) => sum + one.price.minor, 0), currency: services[0].price.currency };
  };
  if (setup && view.is !== 'no_link') {
    say('loading');
    try { const sum = early(); if (sum && sum.minor > 0) card.open(sum.minor, sum.currency); } catch { /* the widget opens it */ }
  }
  // Stripe may be slow, and nobody shall look at an empty page for it.
  if (wanted) setTimeout(begin, PATIENCE);
  // Stripe.js watches for fraud: it shall be on every page that takes cards, only not before what the page is for.
  else begin().then(() => { if (setup && !scriptHere) fetchScript(); }, () => {});

  // ---- What nobody can miss: these are test keys.
  if (setup && setup.test) { $('ribbon').textContent = texts['test.ribbon'] || 'Test mode'; $('ribbon').hidden = false; }

  // ---- What the page around us is told.
  window.__frame = (event, detail) => {
    if (embedder) parent.postMessage({ source: 'booking-checkout', event, ...detail }, embedder);
  };
  if (parent !== window) {
    root.classList.add('framed');
    if (query.has('popup')) {
      root.classList.add('popup');
      // The dialog around us does not hear keys that are pressed in here. The bank's dialog comes first.
      addEventListener('keydown', (event) => {
        if (event.key === 'Escape' && !document.querySelector('[role=dialog]')) window.__frame('close');
      });
    }
    new ResizeObserver(() => window.__frame('resize', { height: Math.ceil($('page').getBoundingClientRect().height) }))
      .observe($('page'));
    window.__frame('opened', { salon: salon.slug });
  }
})();
