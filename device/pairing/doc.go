// Package pairing connects a person with a hub at home by a code: the person asks for one, the hub's own display shows it,
// and the person types it. Who can read the display is in the house.
//
// A [Pairing] is the rules, over a [Store] that only needs to compare and swap: whatever happens at once, on whatever nodes,
// happens one after another for each hub. The rules themselves are pure functions of what is kept and the time (state.go,
// budget.go).
//
//	        Ask                       Check, right
//	none ─────────▶ code on display ───────────────▶ redeemed: once, then there is none
//	  ▲                │   │   │
//	  │    180 s over ─┘   │   └─ Ask again: another code takes its place
//	  │                    │ Check, wrong: five times
//	  │                    ▼
//	  └─────────── the code has failed ──── three of them ────▶ locked, with an alarm, until Press
//
// # What holds
//
//   - There is one code for a hub. It is good for who asked for it, for that hub, once, for 180 s, and for five tries. To
//     everybody else, and to who types another hub's code, it is as if there were none: the answers do not differ.
//   - What is kept of a code is an HMAC over the hub, who asked, and the code, under a key that is not in the Store. Codes are
//     compared in constant time. Nobody but the display is ever given one.
//   - A step of the clock does not prolong a code: a process measures its life also by a clock that has no steps, and one that
//     lies in the future is not good. After a restart it lives no longer than it would have from then on.
//   - Tries are counted before they are judged, per person, per address (IPv6: per /64) and per hub, with waits that double.
//     Try and refusal cost nothing more once a limit is reached, and reveal nothing.
//   - A code that a person has tried in vain, and that was never redeemed, has failed. After three of them the hub is
//     locked until somebody presses the button on the box, which also lets one code be asked for that would have to wait.
//
// # How likely a guess is
//
// An attacker who knows a hub's serial and has as many accounts and addresses as they like asks for codes all the time and
// guesses at each five times. Until somebody presses the button that is 3 × 5 = 15 guesses, whatever the time: with six
// digits 1.5e-5 (1 in 66,667), with eight letters 5.9e-10. If somebody in the house presses it at every alarm, without ever
// asking what the alarm is for, there are at most 75 guesses in a day: a probability of 7.5e-5 per day with six digits, 2.9e-9
// with eight letters. Nobody pairing the hub meanwhile is assumed: who does proves that somebody reads the
// display. The figures follow from [Defaults]; TestGuessesPerDay and TestNoBetterAttack find them by playing the attacker.
//
// The code proves that somebody sees the display, not that they know what they are doing: the display says who asks, and
// codes are short-lived, used once, counted, and bound to that request, as RFC 10027 (BCP 247) advises against codes that are
// talked out of people.
package pairing
