// Stripe.js of the sandbox: the calls that a server-confirmed card payment needs, refusing what the real one refuses.
// Card data stays in the frame of the Payment Element; this file never sees it.
(() => {
  'use strict';
  const script = document.currentScript || document.querySelector('script[src*="/stripe.js"],script[src*="/v3"]');
  const home = new URL(script.src).origin;
  let count = 0;

  class IntegrationError extends Error {
    constructor(message) {
      super(message);
      this.name = 'IntegrationError';
    }
  }
  const refuse = (message) => { throw new IntegrationError(message); };
  const connection = () => ({ error: { type: 'api_connection_error', message: 'We are experiencing issues connecting to our payments provider. Please check your internet connection and try again.' } });

  function checkGroup(options) {
    const { mode, amount, currency } = options;
    if ('paymentMethodTypes' in options) refuse('`paymentMethodTypes` is no longer supported in stripe.elements(). Use `allowedPaymentMethodTypes` instead.');
    if ('clientSecret' in options) refuse('The sandbox knows stripe.elements() with `mode`, not with `clientSecret`.');
    if (mode !== 'payment' && mode !== 'setup') refuse('stripe.elements(): `mode` must be "payment" or "setup".');
    if (mode === 'payment' && (!Number.isInteger(amount) || amount <= 0)) refuse('stripe.elements(): `amount` must be a positive integer in the smallest currency unit when `mode` is "payment".');
    if ((mode === 'payment' || currency !== undefined) && !/^[a-z]{3}$/.test(currency || '')) refuse('stripe.elements(): `currency` must be a three-letter lowercase code.');
    if (mode === 'setup' && amount !== undefined) refuse('stripe.elements(): `amount` can only be given when `mode` is "payment".');
    const usage = options.setupFutureUsage;
    if (usage != null && usage !== 'off_session' && usage !== 'on_session') refuse('stripe.elements(): `setupFutureUsage` must be "off_session" or "on_session".');
    const types = options.allowedPaymentMethodTypes;
    if (types !== undefined && !(Array.isArray(types) && types.includes('card'))) refuse('stripe.elements(): `allowedPaymentMethodTypes` must be a list with "card" in the sandbox.');
  }

  class PaymentElement {
    constructor(group, options) {
      this.group = group;
      this.options = options;
      this.listeners = {};
      this.replies = new Map();
      this.state = 'new';
    }

    on(name, handler) {
      const names = ['ready', 'change', 'focus', 'blur', 'escape', 'loaderror', 'loaderstart', 'carddetailschange', 'savedpaymentmethodupdate', 'savedpaymentmethodremove', 'availablepaymentmethodschange'];
      if (!names.includes(name)) refuse(`Unknown event "${name}" of the payment element.`);
      if (typeof handler !== 'function') refuse('An event handler must be a function.');
      (this.listeners[name] ||= new Set()).add(handler);
      return this;
    }
    once(name, handler) {
      const first = (event) => { this.off(name, first); handler(event); };
      first.of = handler;
      return this.on(name, first);
    }
    off(name, handler) {
      const known = this.listeners[name];
      if (!handler) known?.clear();
      else for (const one of known || []) if (one === handler || one.of === handler) known.delete(one);
      return this;
    }
    emit(name, more) {
      for (const handler of [...(this.listeners[name] || [])]) handler({ elementType: 'payment', ...more });
    }

    mount(target) {
      if (this.state === 'destroyed') refuse('This Element has already been destroyed. Please create a new one.');
      const place = typeof target === 'string' ? document.querySelector(target) : target;
      if (typeof target === 'string' && !place) refuse(`The selector you specified (${target}) applies to no DOM elements that are currently on the page. Make sure the element exists on the page before calling mount().`);
      if (!place || place.nodeType !== 1) refuse('Invalid DOM element specified in call to mount(). Please specify a valid selector or DOM element.');
      const root = place.getRootNode();
      if (root !== document && root.host) refuse('Elements cannot be mounted in a ShadowRoot. Please mount in the Light DOM.');
      if (!place.isConnected) refuse('The element given to mount() is not on the page.');
      if (this.frame && this.frame.parentNode?.parentNode === place) return this;
      this.unmount();
      place.textContent = '';
      place.classList.add('StripeElement');
      const box = document.createElement('div');
      box.className = '__PrivateStripeElement';
      box.style.cssText = 'margin:0!important;padding:0!important;border:none!important;display:block!important;background:transparent!important;position:relative!important;opacity:1!important;clear:both!important';
      const frame = document.createElement('iframe');
      this.id = `e${++count}-${Math.random().toString(36).slice(2)}`;
      frame.name = `__privateStripeFrame${this.id}`;
      frame.title = 'Secure payment input frame';
      frame.setAttribute('allow', 'payment *; publickey-credentials-get *');
      frame.setAttribute('frameborder', '0');
      frame.setAttribute('allowtransparency', 'true');
      frame.setAttribute('scrolling', 'no');
      frame.style.cssText = 'border:0!important;margin:-4px!important;padding:0!important;width:calc(100% + 8px)!important;min-width:calc(100% + 8px)!important;overflow:hidden!important;display:block!important;user-select:none!important;color-scheme:light only!important;height:238px';
      const start = { id: this.id, host: location.origin === 'null' ? '*' : location.origin, key: this.group.stripe.key, ...this.looks() };
      frame.src = `${home}/elements/payment#${encodeURIComponent(JSON.stringify(start))}`;
      // A blocked frame still loads (an error page): then it doesn't speak.
      frame.addEventListener('load', () => { this.silence = setTimeout(() => this.fail('The payment element could not be loaded.'), 2500); });
      this.frame = frame;
      this.place = place;
      this.state = 'loading';
      this.hear = (event) => { if (event.origin === home && event.source === frame.contentWindow && event.data?.stripe === this.id) this.heard(event.data); };
      addEventListener('message', this.hear);
      box.append(frame);
      place.append(box);
      queueMicrotask(() => this.emit('loaderstart'));
      return this;
    }

    looks() {
      const { appearance, locale, mode, setupFutureUsage } = this.group.options;
      return { appearance, locale: locale || this.group.stripe.locale, saves: mode === 'setup' || setupFutureUsage === 'off_session', options: this.options };
    }

    heard(message) {
      clearTimeout(this.silence);
      const { type } = message;
      if (type === 'height') this.frame.style.height = `${message.height}px`;
      else if (type === 'ready') {
        this.state = 'ready';
        this.emit('ready');
      } else if (type === 'loaderror') this.fail(message.message);
      else if (type === 'change') {
        this.group.submitted = false;
        this.last = { empty: message.empty, complete: message.complete, collapsed: false, value: { type: 'card' } };
        for (const name of ['empty', 'complete']) this.place.classList.toggle(`StripeElement--${name}`, message[name]);
        this.emit('change', this.last);
      } else if (type === 'focus' || type === 'blur') {
        this.place.classList.toggle('StripeElement--focus', type === 'focus');
        this.emit(type);
      } else if (type === 'escape') this.emit('escape');
      else if (type === 'enter') this.frame.closest('form')?.requestSubmit();
      else if (type === 'reply') {
        this.replies.get(message.number)?.(message.result);
        this.replies.delete(message.number);
      }
    }

    fail(message) {
      if (this.state === 'ready' || this.state === 'failed') return;
      this.state = 'failed';
      clearTimeout(this.silence);
      this.emit('loaderror', { error: { type: 'api_connection_error', message } });
    }

    /** Asks the frame; only its own window at its own origin can hear it. */
    ask(type, more) {
      if (this.state !== 'ready') return Promise.resolve({ error: { type: 'invalid_request_error', code: 'element_not_ready', message: 'The payment element is not ready yet.' } });
      const number = ++count;
      this.tell({ type, number, ...more });
      return new Promise((resolve) => this.replies.set(number, resolve));
    }
    tell(message) {
      this.frame?.contentWindow?.postMessage({ stripe: this.id, ...message }, home);
    }

    update(options) {
      Object.assign(this.options, options);
      this.tell({ type: 'looks', looks: this.looks() });
      return this;
    }
    focus() { this.tell({ type: 'focus' }); }
    blur() { this.tell({ type: 'blur' }); }
    clear() { this.tell({ type: 'clear' }); }
    collapse() { return this; }
    unmount() {
      if (!this.frame) return;
      removeEventListener('message', this.hear);
      clearTimeout(this.silence);
      for (const reply of this.replies.values()) reply({ error: { type: 'invalid_request_error', message: 'The payment element was unmounted.' } });
      this.replies.clear();
      this.frame.parentNode.remove();
      this.place.className = this.place.className.replace(/\s*StripeElement[-\w]*/g, '');
      this.frame = null;
      this.state = 'new';
    }
    destroy() {
      this.unmount();
      this.state = 'destroyed';
      if (this.group.element === this) this.group.element = null;
    }
  }

  class Elements {
    constructor(stripe, options) {
      checkGroup(options);
      this.stripe = stripe;
      this.options = { ...options };
      this.element = null;
      this.submitted = false;
    }
    create(type, options = {}) {
      if (type !== 'payment') refuse(`The sandbox has the payment element only, not "${type}".`);
      if (this.element) refuse('Can only create one Element of type payment.');
      return (this.element = new PaymentElement(this, { ...options }));
    }
    getElement(type) {
      return type === 'payment' || type?.name === 'payment' ? this.element : null;
    }
    update(options) {
      const next = { ...this.options, ...options };
      checkGroup(next);
      this.options = next;
      this.submitted = false;
      this.element?.tell({ type: 'looks', looks: this.element.looks() });
    }
    async fetchUpdates() { return {}; }
    async submit() {
      if (!this.element?.frame) refuse('elements.submit() needs a mounted payment element.');
      const result = await this.element.ask('submit');
      this.submitted = !result.error;
      return result.error ? result : { selectedPaymentMethod: 'card' };
    }
  }

  /** What `fields` hides must come with the call. */
  function checkBilling(fields, given) {
    const hidden = fields?.billingDetails;
    if (!hidden) return;
    const address = hidden === 'never' ? 'never' : hidden.address;
    const missing = ['name', 'email', 'phone'].filter((name) => hidden !== 'never' && hidden[name] === 'never' && given?.[name] === undefined);
    for (const part of ['country', 'postal_code']) {
      const camel = part === 'postal_code' ? 'postalCode' : part;
      if ((address === 'never' || address?.[camel] === 'never') && given?.address?.[part] === undefined) missing.push(`address.${part}`);
    }
    if (missing.length) refuse(`You specified "never" for fields.billingDetails.${missing[0]} when creating the payment Element, but did not pass params.payment_method_data.billing_details.${missing[0]}.`);
  }

  class StripeSandbox {
    constructor(key, options) {
      this.key = key;
      this.locale = options.locale || 'auto';
    }
    elements(options = {}) { return new Elements(this, options); }
    registerAppInfo() {}
    _registerWrapper() {}

    async call(method, path, form) {
      const query = new URLSearchParams(form).toString();
      try {
        const answer = await fetch(`${home}/v1/${path}${method === 'GET' ? `?${query}` : ''}`, {
          method,
          headers: { Authorization: `Bearer ${this.key}`, ...(method === 'GET' ? {} : { 'Content-Type': 'application/x-www-form-urlencoded' }) },
          body: method === 'GET' ? undefined : query,
        });
        const body = await answer.json();
        return body.error ? { error: body.error } : { body };
      } catch {
        return connection();
      }
    }

    async createConfirmationToken({ elements, params } = {}) {
      if (!(elements instanceof Elements)) refuse('stripe.createConfirmationToken() needs `elements`.');
      if (!elements.element?.frame) refuse('stripe.createConfirmationToken() needs a mounted payment element.');
      if (!elements.submitted) refuse('elements.submit() must be called and awaited before stripe.createConfirmationToken().');
      checkBilling(elements.element.options.fields, params?.payment_method_data?.billing_details);
      const { mode, amount, currency, setupFutureUsage, captureMethod } = elements.options;
      const shown = { mode, amount, currency, setup_future_usage: setupFutureUsage ?? undefined, capture_method: captureMethod };
      return elements.element.ask('token', { shown, params: JSON.parse(JSON.stringify(params || {})) });
    }

    async fetchIntent(secret) {
      const match = /^((pi|seti)_\w+?)_secret_\w+$/.exec(secret || '');
      if (!match) refuse('The client secret is not one of a PaymentIntent or SetupIntent.');
      const setup = match[2] === 'seti';
      const result = await this.call('GET', `${setup ? 'setup' : 'payment'}_intents/${match[1]}`, { client_secret: secret });
      return result.error ? result : { [setup ? 'setupIntent' : 'paymentIntent']: result.body };
    }
    retrievePaymentIntent(secret) { return this.fetchIntent(secret); }
    retrieveSetupIntent(secret) { return this.fetchIntent(secret); }

    async handleNextAction({ clientSecret } = {}) {
      const result = await this.fetchIntent(clientSecret);
      const name = result.setupIntent ? 'setupIntent' : 'paymentIntent';
      const intent = result[name];
      if (result.error || intent.status !== 'requires_action') return result;
      const action = intent.next_action;
      if (action.type === 'redirect_to_url') {
        location.assign(action.redirect_to_url.url);
        return new Promise(() => {});
      }
      await challenge(action.use_stripe_sdk.stripe_js);
      const after = await this.fetchIntent(clientSecret);
      if (after.error) return after;
      const error = after[name].last_payment_error || after[name].last_setup_error;
      if (after[name].status !== 'requires_payment_method' || !error) return after;
      return { error: { ...error, [name === 'setupIntent' ? 'setup_intent' : 'payment_intent']: after[name] } };
    }
  }

  /** Shows the bank's dialog until it is answered or closed. */
  function challenge(url) {
    const before = document.activeElement;
    const overlay = document.createElement('div');
    overlay.setAttribute('role', 'dialog');
    overlay.setAttribute('aria-modal', 'true');
    overlay.setAttribute('aria-label', 'Confirm with your bank');
    overlay.style.cssText = 'position:fixed;inset:0;z-index:2147483647;display:flex;align-items:center;justify-content:center;padding:12px;box-sizing:border-box;background:rgba(10,20,40,.55)';
    const frame = document.createElement('iframe');
    const id = `c${++count}-${Math.random().toString(36).slice(2)}`;
    frame.name = `__privateStripeFrame${id}-challenge`;
    frame.title = 'Secure confirmation by your bank';
    frame.style.cssText = 'border:0;width:100%;max-width:400px;height:min(440px,100%);border-radius:12px;background:#fff;box-shadow:0 20px 60px rgba(0,0,0,.35);color-scheme:light only';
    frame.src = `${url}#${encodeURIComponent(JSON.stringify({ id, host: location.origin === 'null' ? '*' : location.origin, locale: document.documentElement.lang }))}`;
    overlay.append(frame);
    return new Promise((resolve) => {
      const close = () => {
        removeEventListener('message', hear);
        removeEventListener('keydown', key, true);
        overlay.remove();
        before?.focus?.();
        resolve();
      };
      const hear = (event) => {
        if (event.origin !== home || event.source !== frame.contentWindow || event.data?.stripe !== id) return;
        if (event.data.type === 'hello') frame.focus();
        if (event.data.type === 'done') close();
      };
      const key = (event) => { if (event.key === 'Escape') frame.contentWindow.postMessage({ stripe: id, type: 'cancel' }, home); };
      addEventListener('message', hear);
      addEventListener('keydown', key, true);
      document.body.append(overlay);
    });
  }

  function Stripe(key, options = {}) {
    if (typeof key !== 'string' || !key) refuse('Missing value for Stripe(): apiKey should be a string.');
    if (key.trim() !== key) refuse('Invalid value for Stripe(): apiKey must not contain spaces.');
    if (/^(sk|rk)_/.test(key)) refuse('You should not use your secret key with Stripe.js.\n        Please pass a publishable key instead.');
    if (!/^pk_(test|live)_[A-Za-z0-9_]{10,}$/.test(key)) refuse('Invalid value for Stripe(): apiKey must be a publishable key (pk_…).');
    return new StripeSandbox(key, options);
  }
  Stripe.version = 'endive';
  window.Stripe = Stripe;
})();
