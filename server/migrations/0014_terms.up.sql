-- What a client agreed to stays with the booking, whatever the salon's settings say later.

-- The terms for cancelling as the client saw them. NULL: booked before they were kept; then the salon's present ones hold.
ALTER TABLE booking ADD COLUMN cancellation TEXT;

-- The most that the client agreed to have charged to the saved card, in minor units of its attempt's currency. NULL: agreed to
-- before the number was kept. It is read out of the sentence then, which the server wrote itself; a sentence that it can't be
-- read out of limits nothing but by the fee.
ALTER TABLE saved_card ADD COLUMN most BIGINT CHECK (most > 0);
