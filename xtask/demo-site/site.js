// The salon's own code: it says thank you when the widget says that a booking is paid.
(() => {
  const note = document.getElementById('note');
  note.querySelector('button').addEventListener('click', () => { note.hidden = true; });

  window.addEventListener('booking-checkout:paid', (event) => {
    const { booking, amount, currency } = event.detail;
    // The amount is in the currency's smallest unit: cents for the euro, yen for the yen.
    const money = new Intl.NumberFormat('en', { style: 'currency', currency });
    const sum = amount / 10 ** money.resolvedOptions().maximumFractionDigits;
    note.querySelector('p').textContent = `Thank you: ${money.format(sum)} paid. Your booking is ${booking}. See you soon.`;
    note.hidden = false;
  });
})();
