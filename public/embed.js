// Puts a salon's booking into a page:
//   <script src="https://booking.example/embed.js" data-salon="lumen" async></script>       right here, inline
//   <button data-booking-checkout="popup" data-salon="lumen">Book</button>                  in a dialog, on press
//   <script … data-salon="lumen" data-booking-checkout="floating" async></script>           a button in the page's corner
// No dependencies, no cookies; it touches its own elements only and never navigates the page.
(() => {
  'use strict';
  const own = document.currentScript;
  const origin = new URL(own.src).origin;
  const EVENTS = ['opened', 'slot_held', 'payment_started', 'paid', 'failed', 'expired', 'booked', 'cancelled', 'refunded'];
  const WORDS = { en: { label: 'Book', title: 'Booking', close: 'Close' }, de: { label: 'Termin buchen', title: 'Buchung', close: 'Schließen' } };
  const frames = new Map();

  // Our own words around the booking: the page's where it gives them, else in the booking's language or the page's.
  const word = (from, name) => {
    const language = (from.dataset.lang || document.documentElement.lang).slice(0, 2).toLowerCase();
    return from.dataset[name] || (WORDS[language] || WORDS.en)[name];
  };

  // What an attribute says of the looks, or else a CSS variable that the element inherits.
  const look = (from, name) => from.dataset[name] || getComputedStyle(from).getPropertyValue('--booking-' + name).trim();

  // The address of a salon's booking, with what is to be preselected. Never with anything of the client: addresses get about.
  const address = (from, extra) => {
    const url = new URL('/book/' + encodeURIComponent(from.dataset.salon), origin);
    const { lang, service, employee, start, date } = from.dataset;
    const pass = { lang, service, employee, start, date, colour: look(from, 'colour'), radius: look(from, 'radius'),
      embedder: location.origin, ...extra };
    for (const [key, value] of Object.entries(pass)) if (value) url.searchParams.set(key, value);
    return url.href;
  };

  const frame = (from, extra) => {
    const made = document.createElement('iframe');
    made.src = address(from, extra);
    made.title = word(from, 'title');
    made.allow = 'payment';
    made.referrerPolicy = 'strict-origin-when-cross-origin';
    made.style.cssText = 'display:block;width:100%;height:640px;border:0;color-scheme:normal';
    frames.set(made, from);
    return made;
  };

  // Only our frames, from our origin, and only what is known.
  addEventListener('message', (event) => {
    if (event.origin !== origin || !event.data || event.data.source !== 'booking-checkout') return;
    for (const [made, from] of frames) {
      if (made.contentWindow !== event.source) continue;
      const { event: name, height, salon, booking, reference, amount, currency, exponent } = event.data;
      if (name === 'resize' && Number.isFinite(height) && !made.closest('dialog')) {
        made.style.height = Math.min(Math.max(height, 200), 20000) + 'px';
      } else if (name === 'close') {
        made.closest('dialog')?.close();
      } else if (name === 'form') {
        // Its form is there: what the page knows of the client goes to our origin and nobody else.
        const { clientName, clientEmail, clientPhone } = from.dataset;
        const client = { name: clientName, email: clientEmail, phone: clientPhone };
        made.contentWindow.postMessage({ source: 'booking-checkout', event: 'client', ...client }, origin);
      } else if (EVENTS.includes(name)) {
        const detail = { salon: salon || from.dataset.salon, booking, reference, amount, currency, exponent };
        made.dispatchEvent(new CustomEvent('booking-checkout:' + name, { bubbles: true, detail }));
      }
    }
  });

  // Keeps the focus inside, ends with Esc, gives the focus back.
  const popup = (from) => {
    const dialog = document.createElement('dialog');
    dialog.setAttribute('aria-label', from.dataset.title || from.textContent.trim() || word(from, 'title'));
    dialog.style.cssText = 'box-sizing:border-box;width:min(62rem,100vw);height:min(56rem,100dvh);max-width:100vw;'
      + 'max-height:100dvh;padding:0;border:0;border-radius:14px;overflow:hidden;background:Canvas';
    const close = document.createElement('button');
    close.type = 'button';
    close.textContent = '✕';
    close.setAttribute('aria-label', word(from, 'close'));
    close.style.cssText = 'position:absolute;inset-block-start:8px;inset-inline-end:8px;width:44px;height:44px;border:0;'
      + 'border-radius:50%;background:Canvas;color:CanvasText;font:18px/1 system-ui;cursor:pointer';
    // The first focus: a frame that is still loading would swallow the keys.
    close.autofocus = true;
    close.addEventListener('click', () => dialog.close());
    const made = frame(from, { popup: '1' });
    made.style.height = '100%';
    dialog.append(made, close);
    const scroll = document.documentElement.style.overflow;
    dialog.addEventListener('close', () => {
      document.documentElement.style.overflow = scroll;
      frames.delete(made);
      dialog.remove();
      from.focus();
    });
    document.body.append(dialog);
    document.documentElement.style.overflow = 'hidden';
    dialog.showModal();
  };

  // White or black on the salon's colour, whichever is seen better (WCAG).
  const ink = (colour) => {
    const light = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255)
      .map((c) => (c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)).reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
    return light > .179 ? '#000' : '#fff';
  };

  // A button that stays in the corner, above the page: a popup's.
  const floating = (from) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = word(from, 'label');
    Object.assign(button.dataset, from.dataset, { bookingCheckout: 'popup' });
    const colour = look(from, 'colour');
    const fill = /^#[0-9a-f]{6}$/i.test(colour) ? colour : '#3d5a6c';
    button.style.cssText = 'position:fixed;z-index:2147483000;inset-block-end:max(16px,env(safe-area-inset-bottom));'
      + 'inset-inline-end:16px;min-height:48px;max-width:calc(100vw - 32px);padding:12px 20px;border:2px solid #fff;border-radius:24px;'
      + `font:600 16px/1.2 system-ui,sans-serif;cursor:pointer;box-shadow:0 4px 16px rgb(0 0 0/.3);background:${fill};color:${ink(fill)}`;
    button.setAttribute('aria-haspopup', 'dialog');
    document.body.append(button);
  };

  document.addEventListener('click', (event) => {
    const from = event.target instanceof Element && event.target.closest('[data-booking-checkout="popup"][data-salon]');
    // Two copies of this script on a page open one dialog.
    if (!from || event.defaultPrevented) return;
    event.preventDefault();
    popup(from);
  });

  if (own.dataset.salon) {
    if (own.dataset.bookingCheckout !== 'floating') own.after(frame(own));
    else if (document.body) floating(own);
    else addEventListener('DOMContentLoaded', () => floating(own));
  }
})();
