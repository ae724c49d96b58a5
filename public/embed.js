// Puts a salon's booking into a page:
//   <script src="https://booking.example/embed.js" data-salon="lumen" async></script>       right here, inline
//   <button data-booking-checkout="popup" data-salon="lumen">Book</button>                  in a dialog, on press
// No dependencies, no cookies; it touches its own elements only and never navigates the page.
(() => {
  'use strict';
  const own = document.currentScript;
  const origin = new URL(own.src).origin;
  const EVENTS = ['opened', 'slot_held', 'payment_started', 'paid', 'failed', 'expired', 'booked'];
  const frames = new Map();

  // The address of a salon's booking, with what is to be preselected.
  const address = (from, extra) => {
    const url = new URL('/book/' + encodeURIComponent(from.dataset.salon), origin);
    const pass = { lang: from.dataset.lang, service: from.dataset.service, employee: from.dataset.employee,
      start: from.dataset.start, embedder: location.origin, ...extra };
    for (const [key, value] of Object.entries(pass)) if (value) url.searchParams.set(key, value);
    return url.href;
  };

  const frame = (from, extra) => {
    const made = document.createElement('iframe');
    made.src = address(from, extra);
    made.title = from.dataset.title || 'Booking';
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
      const { event: name, height, salon, booking, reference, amount, currency } = event.data;
      if (name === 'resize' && Number.isFinite(height) && !made.closest('dialog')) {
        made.style.height = Math.min(Math.max(height, 200), 20000) + 'px';
      } else if (name === 'close') {
        made.closest('dialog')?.close();
      } else if (EVENTS.includes(name)) {
        const detail = { salon: salon || from.dataset.salon, booking, reference, amount, currency };
        made.dispatchEvent(new CustomEvent('booking-checkout:' + name, { bubbles: true, detail }));
      }
    }
  });

  // Keeps the focus inside, ends with Esc, gives the focus back.
  const popup = (from) => {
    const dialog = document.createElement('dialog');
    dialog.setAttribute('aria-label', from.dataset.title || from.textContent.trim() || 'Booking');
    dialog.style.cssText = 'box-sizing:border-box;width:min(62rem,100vw);height:min(56rem,100dvh);max-width:100vw;'
      + 'max-height:100dvh;padding:0;border:0;border-radius:14px;overflow:hidden;background:Canvas';
    const close = document.createElement('button');
    close.type = 'button';
    close.textContent = '✕';
    close.setAttribute('aria-label', from.dataset.close || 'Close');
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

  document.addEventListener('click', (event) => {
    const from = event.target instanceof Element && event.target.closest('[data-booking-checkout="popup"][data-salon]');
    // Two copies of this script on a page open one dialog.
    if (!from || event.defaultPrevented) return;
    event.preventDefault();
    popup(from);
  });

  if (own.dataset.salon) own.after(frame(own));
})();
