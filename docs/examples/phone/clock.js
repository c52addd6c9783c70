'use strict';

// The time that a phone puts into its codes: its own, corrected by what the server's last answer said,
// and never twice the same, because a gate takes a code only if it was drawn later than the last one.

// newClock makes a clock. local gives the phone's own milliseconds since 1970. offset is what
// clock.offset() gave before the app was closed.
function newClock(local = Date.now, offset = 0) {
  let last = 0; // the newest shownAt
  return {
    // answered is told the server's time in milliseconds that stood in an answer, and the phone's own
    // when the request was sent and when the answer came. An answer that took over 10 s says too little.
    answered(server, sent, came) {
      if (came >= sent && came - sent <= 10000) offset = Math.round(server - (sent + came) / 2);
    },
    offset: () => offset,
    // shownAt is for one code. If the phone's clock was set back a little it goes on from the last code;
    // if by more than a gate allows for, the last codes were worth nothing and it begins anew.
    shownAt() {
      const now = Math.floor((local() + offset) / 1000);
      last = now > last || now < last - 30 ? now : last + 1;
      return last;
    },
  };
}

module.exports = { newClock };
