// The independent check: Stripe's official package, unchanged, must take the sandbox for Stripe.
//
// Run in this folder, with the sandbox running:
//   npm ci --ignore-scripts
//   SANDBOX_URL=http://127.0.0.1:8310 node --test
//
// Each run makes an account of its own through the control API, so that it can run beside other work. (Only its faults strike
// whoever calls next: run it alone where that matters.)
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import Stripe from 'stripe';

const home = new URL(process.env.SANDBOX_URL ?? 'http://127.0.0.1:8310');
const client = (key, more) => new Stripe(key, { host: home.hostname, port: home.port, protocol: 'http', maxNetworkRetries: 0, timeout: 5000, ...more });
const unique = () => `sdk-${Math.random().toString(36).slice(2)}`;
let account, stripe;

async function control(method, path, body) {
  const query = account ? `?account=${account.id}` : '';
  const answer = await fetch(new URL(`/_sandbox/${path}${query}`, home), { method, body: body && JSON.stringify(body) });
  assert.equal(answer.status, 200, `${method} ${path}: ${await answer.clone().text()}`);
  return answer.json();
}

/** Where deliveries arrive, as raw text with their headers. */
function receiver() {
  const arrived = [], waiting = [];
  const server = createServer((request, response) => {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      arrived.push({ raw: Buffer.concat(parts).toString(), signature: request.headers['stripe-signature'] });
      response.writeHead(200).end();
      waiting.splice(0).forEach((wake) => wake());
    });
  });
  const next = async (type) => {
    for (;;) {
      const at = arrived.findIndex(({ raw }) => JSON.parse(raw).type === type);
      if (at >= 0) return arrived.splice(at, 1)[0];
      await new Promise((wake) => waiting.push(wake));
    }
  };
  // A delivery may be on its way when the tests are over: a connection left open would keep this process for ever.
  const close = () => { server.close(); server.closeAllConnections(); };
  return new Promise((ready) => server.listen(0, '127.0.0.1', () => ready({ url: `http://127.0.0.1:${server.address().port}/hook`, next, close })));
}

const pay = (card, more = {}, options = {}) =>
  stripe.paymentIntents.create({ amount: 4500, currency: 'eur', allowed_payment_method_types: ['card'], confirm: true, payment_method: card, use_stripe_sdk: true, ...more }, options);

before(async () => {
  const made = await control('POST', 'accounts', { country: 'DE', default_currency: 'eur', display_name: 'SDK' });
  account = made;
  stripe = client(made.secret_key);
});

let hook;
after(() => hook?.close());

test('the account and its country', async () => {
  const seen = await stripe.accounts.retrieve(account.id);
  assert.deepEqual([seen.id, seen.country, seen.default_currency, seen.charges_enabled, seen.settings.dashboard.display_name], [account.id, 'DE', 'eur', true, 'SDK']);
  assert.equal((await stripe.countrySpecs.retrieve('DE')).default_currency, 'eur');
});

test('create and confirm with a confirmation token, expanded', async () => {
  const token = await stripe.testHelpers.confirmationTokens.create({ payment_method: 'pm_card_visa', return_url: 'https://example.com/' });
  assert.equal(token.payment_method_preview.card.last4, '4242');
  const intent = await stripe.paymentIntents.create({
    amount: 4500, currency: 'eur', allowed_payment_method_types: ['card'], confirm: true, confirmation_token: token.id, return_url: 'https://example.com/',
    metadata: { booking: 'b-1' }, expand: ['latest_charge', 'payment_method'],
  });
  assert.equal(intent.status, 'succeeded');
  assert.equal(intent.latest_charge.payment_method_details.card.last4, '4242');
  assert.equal(intent.latest_charge.balance_transaction, null);
  assert.equal(intent.latest_charge.metadata.booking, 'b-1');
  assert.equal(intent.payment_method.object, 'payment_method');
  assert.match(intent.lastResponse.requestId, /^req_/);
  await control('POST', 'advance', { what: 'fees' });
  const later = await stripe.paymentIntents.retrieve(intent.id, { expand: ['latest_charge.balance_transaction'] });
  const fee = later.latest_charge.balance_transaction;
  assert.deepEqual([fee.amount, fee.fee, fee.net, fee.currency], [4500, 93, 4407, 'eur']);
});

test('declines are card errors with their codes', async () => {
  for (const [card, code, decline] of [
    ['pm_card_visa_chargeDeclined', 'card_declined', 'generic_decline'],
    ['pm_card_visa_chargeDeclinedInsufficientFunds', 'card_declined', 'insufficient_funds'],
    ['pm_card_chargeDeclinedExpiredCard', 'expired_card', ''],
    ['pm_card_chargeDeclinedIncorrectCvc', 'incorrect_cvc', ''],
  ]) {
    await assert.rejects(pay(card), (error) => {
      assert.ok(error instanceof Stripe.errors.StripeCardError, card);
      assert.deepEqual([error.statusCode, error.code, error.decline_code, error.payment_intent.status], [402, code, decline, 'requires_payment_method']);
      return true;
    });
  }
});

test('3-D Secure, through the dialog', async () => {
  const intent = await pay('pm_card_threeDSecure2Required');
  assert.deepEqual([intent.status, intent.next_action.type], ['requires_action', 'use_stripe_sdk']);
  const answer = await fetch(new URL('/v1/3ds2/authenticate', home), {
    method: 'POST',
    headers: { Authorization: `Bearer ${account.publishable_key}` },
    body: new URLSearchParams({ source: intent.next_action.use_stripe_sdk.source, client_secret: intent.client_secret, outcome: 'complete' }),
  });
  assert.equal(answer.status, 200);
  const after = await stripe.paymentIntents.retrieve(intent.id, { expand: ['latest_charge'] });
  assert.deepEqual([after.status, after.latest_charge.payment_method_details.card.three_d_secure.result], ['succeeded', 'authenticated']);
});

test('cancelling, capturing, updating', async () => {
  const open = await stripe.paymentIntents.create({ amount: 4500, currency: 'eur' });
  assert.equal((await stripe.paymentIntents.update(open.id, { amount: 5000, metadata: { a: 'b' } })).amount, 5000);
  assert.equal((await stripe.paymentIntents.cancel(open.id)).status, 'canceled');
  const held = await pay('pm_card_visa', { capture_method: 'manual' });
  assert.equal((await stripe.paymentIntents.capture(held.id)).status, 'succeeded');
  await assert.rejects(stripe.paymentIntents.cancel(held.id), { code: 'payment_intent_unexpected_state' });
});

test('refunds and their limits', async () => {
  const intent = await pay('pm_card_visa');
  const part = await stripe.refunds.create({ payment_intent: intent.id, amount: 500, reason: 'requested_by_customer' });
  assert.deepEqual([part.status, part.amount], ['succeeded', 500]);
  await assert.rejects(stripe.refunds.create({ payment_intent: intent.id, amount: 4001 }), Stripe.errors.StripeInvalidRequestError);
  await stripe.refunds.create({ charge: intent.latest_charge });
  await assert.rejects(stripe.refunds.create({ payment_intent: intent.id }), { code: 'charge_already_refunded' });
  const charge = await stripe.charges.retrieve(intent.latest_charge, { expand: ['refunds'] });
  assert.deepEqual([charge.refunded, charge.refunds.data.length], [true, 2]);
});

test('idempotency: replay, conflict, decline', async () => {
  const key = unique();
  const first = await pay('pm_card_visa', {}, { idempotencyKey: key });
  const second = await pay('pm_card_visa', {}, { idempotencyKey: key });
  assert.equal(second.id, first.id);
  assert.equal(second.lastResponse.headers['idempotent-replayed'], 'true');
  await assert.rejects(pay('pm_card_visa', { amount: 4600 }, { idempotencyKey: key }), Stripe.errors.StripeIdempotencyError);
  const other = unique();
  const errors = [];
  for (let turn = 0; turn < 2; turn++) await pay('pm_card_visa_chargeDeclined', {}, { idempotencyKey: other }).catch((error) => errors.push(error));
  assert.equal(errors[0].charge, errors[1].charge, 'one charge, told twice');
});

test("the package's own retries come through a lost answer with one charge", async () => {
  const patient = client(account.secret_key, { maxNetworkRetries: 2 });
  const before = (await stripe.charges.list({ limit: 100 })).data.length;
  await control('POST', 'faults', { method: 'POST', path: '/v1/payment_intents', fault: 'connection_reset_after' });
  const intent = await patient.paymentIntents.create({ amount: 700, currency: 'eur', allowed_payment_method_types: ['card'], confirm: true, payment_method: 'pm_card_visa' });
  assert.equal(intent.status, 'succeeded');
  assert.equal((await stripe.charges.list({ limit: 100 })).data.length, before + 1);
});

test('lists, page by page', async () => {
  const made = [];
  for (let count = 0; count < 5; count++) made.push((await stripe.customers.create({ name: `Client ${count}`, email: 'page@example.com' })).id);
  const seen = await stripe.customers.list({ limit: 2, email: 'page@example.com' }).autoPagingToArray({ limit: 100 });
  assert.deepEqual(seen.map((customer) => customer.id), made.reverse());
  const collected = [];
  await stripe.customers.list({ limit: 3 }).autoPagingEach((customer) => { collected.push(customer.id); });
  assert.equal(new Set(collected).size, collected.length);
  const intents = await stripe.charges.list({ limit: 1, expand: ['data.payment_intent'] });
  assert.equal(intents.data[0].payment_intent.object, 'payment_intent');
});

test('saving a card, charging it later, and when the bank wants the payer', async () => {
  const customer = await stripe.customers.create({ email: 'later@example.com' });
  const setup = await stripe.setupIntents.create({ customer: customer.id, payment_method: 'pm_card_visa', confirm: true, usage: 'off_session', allowed_payment_method_types: ['card'] });
  assert.equal(setup.status, 'succeeded');
  const methods = await stripe.paymentMethods.list({ customer: customer.id, type: 'card' });
  assert.deepEqual(methods.data.map((method) => method.id), [setup.payment_method]);
  const fee = await stripe.paymentIntents.create({ amount: 2000, currency: 'eur', customer: customer.id, payment_method: setup.payment_method, off_session: true, confirm: true });
  assert.equal(fee.status, 'succeeded');
  await assert.rejects(pay('pm_card_authenticationRequired', { off_session: true, use_stripe_sdk: undefined }), { code: 'authentication_required', type: 'StripeCardError' });
  await stripe.paymentMethods.detach(setup.payment_method);
  await assert.rejects(stripe.paymentIntents.create({ amount: 2000, currency: 'eur', customer: customer.id, payment_method: setup.payment_method, off_session: true, confirm: true }), Stripe.errors.StripeInvalidRequestError);
});

test('what Stripe refuses is refused, by class', async () => {
  await assert.rejects(stripe.paymentIntents.create({ amount: 4500, currency: 'eur', nonsense: 1 }), { type: 'StripeInvalidRequestError', code: 'parameter_unknown', param: 'nonsense' });
  await assert.rejects(stripe.paymentIntents.create({ amount: 4500, currency: 'eur', payment_method_types: ['card'] }), { code: 'payment_method_types_no_longer_supported' });
  await assert.rejects(stripe.paymentIntents.create({ amount: 49, currency: 'eur' }), { code: 'amount_too_small', param: 'amount' });
  await assert.rejects(stripe.paymentIntents.retrieve('pi_none'), { code: 'resource_missing', statusCode: 404 });
  await assert.rejects(client('sk_test_51NobodyKnowsThisKey').balance.retrieve(), Stripe.errors.StripeAuthenticationError);
  await control('POST', 'faults', { path: '/v1/balance', fault: '429' });
  await assert.rejects(stripe.balance.retrieve(), Stripe.errors.StripeRateLimitError);
  await control('POST', 'faults', { path: '/v1/balance', fault: '500_before' });
  await assert.rejects(stripe.balance.retrieve(), Stripe.errors.StripeAPIError);
  // The package tries once more by itself after a reset, whatever it is told: hence twice.
  await control('POST', 'faults', { path: '/v1/balance', fault: 'connection_reset_before', times: 2 });
  await assert.rejects(stripe.balance.retrieve(), Stripe.errors.StripeConnectionError);
});

test('webhooks arrive and pass constructEvent', { timeout: 20_000 }, async () => {
  hook = await receiver();
  const endpoint = await stripe.webhookEndpoints.create({ url: hook.url, enabled_events: ['charge.succeeded', 'charge.refunded', 'charge.dispute.created'], api_version: '2026-09-30.endive' });
  assert.match(endpoint.secret, /^whsec_/);
  assert.equal((await stripe.webhookEndpoints.retrieve(endpoint.id)).secret, undefined);
  const intent = await pay('pm_card_visa');
  const { raw, signature } = await hook.next('charge.succeeded');
  const event = stripe.webhooks.constructEvent(raw, signature, endpoint.secret);
  assert.deepEqual([event.type, event.data.object.payment_intent, event.livemode, event.api_version], ['charge.succeeded', intent.id, false, '2026-09-30.endive']);
  assert.throws(() => stripe.webhooks.constructEvent(raw.replace('4500', '4501'), signature, endpoint.secret), Stripe.errors.StripeSignatureVerificationError);
  assert.throws(() => stripe.webhooks.constructEvent(raw, signature, 'whsec_other'), Stripe.errors.StripeSignatureVerificationError);
  assert.equal((await stripe.events.retrieve(event.id)).data.object.id, event.data.object.id);
  await stripe.refunds.create({ payment_intent: intent.id });
  const refunded = await hook.next('charge.refunded');
  assert.equal(stripe.webhooks.constructEvent(refunded.raw, refunded.signature, endpoint.secret).data.object.refunded, true);
  const disputed = await pay('pm_card_createDispute');
  await control('POST', 'advance', { what: 'disputes' });
  const complaint = await hook.next('charge.dispute.created');
  const dispute = stripe.webhooks.constructEvent(complaint.raw, complaint.signature, endpoint.secret).data.object;
  assert.deepEqual([dispute.payment_intent, dispute.status], [disputed.id, 'needs_response']);
  const answered = await stripe.disputes.update(dispute.id, { evidence: { customer_name: 'Ada' }, submit: false });
  assert.equal(answered.evidence.customer_name, 'Ada');
  assert.equal((await stripe.disputes.close(dispute.id)).status, 'lost');
  assert.equal((await stripe.webhookEndpoints.del(endpoint.id)).deleted, true);
});

test('balance, transactions and payouts', async () => {
  await pay('pm_card_visa');
  await control('POST', 'advance', { what: 'all' });
  const balance = await stripe.balance.retrieve();
  const payout = await stripe.payouts.create({ amount: balance.available[0].amount, currency: 'eur' });
  assert.equal(payout.status, 'pending');
  await assert.rejects(stripe.payouts.create({ amount: 1, currency: 'eur' }), { code: 'balance_insufficient' });
  await control('POST', 'advance', { what: 'payouts' });
  assert.equal((await stripe.payouts.retrieve(payout.id)).status, 'paid');
  const rows = await stripe.balanceTransactions.list({ type: 'payout' });
  assert.equal(rows.data[0].source, payout.id);
});
