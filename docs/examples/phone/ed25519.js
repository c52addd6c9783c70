'use strict';

// Ed25519 signatures (RFC 8032, section 5.1), for places that have no crypto of their own, such as a
// mini-program. Bytes are Uint8Array, numbers in them little-endian.
//
// This is not constant-time. It takes no branch and reads no table by a secret, but no engine promises
// that arithmetic on JavaScript's numbers takes the same time whatever the numbers are. On a rider's
// phone that is acceptable: it signs on a timer and not when a stranger asks, the key opens gates for
// the days of one credential, and who can measure microseconds there runs code on that phone and can
// read the key where it is stored. On a server it is not: an issuer's key, or a holder's key that a
// platform keeps, belongs into the crypto of the platform's own language. Where the phone offers
// Ed25519 itself, that is the better choice as well.

const { sha512 } = require('./sha2.js');

// ---- Numbers modulo p = 2^255 - 19 (section 5.1): 16 limbs of 16 bits, the lowest first ----
//
// Between two multiplications limbs may be a few bits too large, or negative: the largest sum in
// multiply stays far below 2^53, up to which a double is exact.

const P = limbs('7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed');

function limbs(hex) {
  return Float64Array.from({ length: 16 }, (_, i) => parseInt(hex.slice(60 - 4 * i, 64 - 4 * i), 16));
}

function small(n) {
  const a = new Float64Array(16);
  a[0] = n;
  return a;
}

function plus(a, b) {
  const r = new Float64Array(16);
  for (let i = 0; i < 16; i++) r[i] = a[i] + b[i];
  return r;
}

function minus(a, b) {
  const r = new Float64Array(16);
  for (let i = 0; i < 16; i++) r[i] = a[i] - b[i];
  return r;
}

function multiply(a, b) {
  const t = new Float64Array(32);
  for (let i = 0; i < 16; i++) {
    const ai = a[i];
    for (let j = 0; j < 16; j++) t[i + j] += ai * b[j];
  }
  const r = new Float64Array(16);
  for (let i = 0; i < 16; i++) r[i] = t[i] + 38 * t[i + 16]; // 2^256 is 38 modulo p
  carry(r);
  carry(r);
  return r;
}

function carry(a) {
  for (let i = 0; i < 16; i++) {
    const over = Math.floor(a[i] / 65536);
    a[i] -= over * 65536;
    if (i < 15) a[i + 1] += over;
    else a[0] += 38 * over;
  }
}

// a^(p-2), which is 1/a. All 255 bits of p-2 are set but for the bits 2 and 4.
function invert(a) {
  let r = small(1);
  for (let bit = 254; bit >= 0; bit--) {
    r = multiply(r, r);
    if (bit !== 2 && bit !== 4) r = multiply(r, a);
  }
  return r;
}

// a - m if that is not negative, else a. Limbs are whole, from 0 to 65535.
function reduceOnce(a, m) {
  const t = new Float64Array(16);
  let borrow = 0;
  for (let i = 0; i < 16; i++) {
    const v = a[i] - m[i] - borrow;
    borrow = v < 0 ? 1 : 0;
    t[i] = v + borrow * 65536;
  }
  return choose(borrow, a, t);
}

// a if bit is 1, b if it is 0, without a branch.
function choose(bit, a, b) {
  const r = new Float64Array(16);
  for (let i = 0; i < 16; i++) r[i] = b[i] + bit * (a[i] - b[i]);
  return r;
}

function bytesOf(a) {
  const out = new Uint8Array(32);
  a.forEach((v, i) => {
    out[2 * i] = v & 0xff;
    out[2 * i + 1] = v >> 8;
  });
  return out;
}

// ---- Points of the curve (section 5.1.4): [X, Y, Z, T] with x = X/Z, y = Y/Z, x·y = T/Z ----

// d = -121665/121666, and the base point B: y = 4/5, and its x is the even one (section 5.1).
const D = multiply(small(-121665), invert(small(121666)));
const D2 = plus(D, D);
const BX = limbs('216936d3cd6e53fec0a4e231fdd6dc5c692cc7609525a7b2c9562d608f25d51a');
const BY = multiply(small(4), invert(small(5)));
const B = [BX, BY, small(1), multiply(BX, BY)];

// The sum of two points, which may be the same.
function addPoints(p, q) {
  const a = multiply(minus(p[1], p[0]), minus(q[1], q[0]));
  const b = multiply(plus(p[1], p[0]), plus(q[1], q[0]));
  const c = multiply(multiply(p[3], D2), q[3]);
  const d = multiply(plus(p[2], p[2]), q[2]);
  const e = minus(b, a);
  const f = minus(d, c);
  const g = plus(d, c);
  const h = plus(b, a);
  return [multiply(e, f), multiply(g, h), multiply(f, g), multiply(e, h)];
}

const ZERO = [small(0), small(1), small(1), small(0)]; // the point that adds nothing

// The sums of B, 2^64·B, 2^128·B and 2^192·B: that for a number of four bits has those whose bits are 1.
const SUMS = sums();

function sums() {
  let all = [ZERO];
  let point = B;
  for (let n = 0; n < 4; n++) {
    const p = point;
    all = all.concat(all.map((q) => addPoints(q, p)));
    for (let i = 0; i < 64; i++) point = addPoints(point, point);
  }
  return all;
}

// The encoding of n·B for a number n of 32 bytes (section 5.1.2). Each step doubles and adds for four
// bits of n that are 64 apart, so that 64 steps do.
function timesB(n) {
  const bit = (at) => (n[at >> 3] >> (at & 7)) & 1;
  let r = ZERO;
  for (let at = 63; at >= 0; at--) {
    const which = bit(at) + 2 * bit(at + 64) + 4 * bit(at + 128) + 8 * bit(at + 192);
    r = addPoints(addPoints(r, r), pick(which));
  }
  const z = invert(r[2]);
  const out = encode(multiply(r[1], z));
  out[31] |= (encode(multiply(r[0], z))[0] & 1) << 7;
  return out;
}

// SUMS[which], after a look at all of them.
function pick(which) {
  const p = [0, 1, 2, 3].map(() => new Float64Array(16));
  for (let n = 0; n < 16; n++) {
    const is = ((n ^ which) - 1) >>> 31; // 1 if they are the same, else 0
    for (let c = 0; c < 4; c++) {
      for (let i = 0; i < 16; i++) p[c][i] += is * SUMS[n][c][i];
    }
  }
  return p;
}

function encode(a) {
  carry(a);
  carry(a);
  return bytesOf(reduceOnce(reduceOnce(a, P), P));
}

// ---- Numbers modulo L, the order of B (section 5.1) ----

const L = limbs('1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed');

// n modulo L, for any number of bytes: one bit after the other, from the highest.
function moduloL(n) {
  let r = new Float64Array(16);
  for (let bit = 8 * n.length - 1; bit >= 0; bit--) {
    let over = (n[bit >> 3] >> (bit & 7)) & 1;
    for (let i = 0; i < 16; i++) {
      const v = 2 * r[i] + over;
      r[i] = v & 0xffff;
      over = v >> 16;
    }
    r = reduceOnce(r, L);
  }
  return bytesOf(r);
}

// (r + k·s) modulo L.
function timesPlus(k, s, r) {
  const t = new Float64Array(64);
  t.set(r);
  for (let i = 0; i < 32; i++) {
    for (let j = 0; j < 32; j++) t[i + j] += k[i] * s[j];
  }
  const n = new Uint8Array(64);
  let over = 0;
  for (let i = 0; i < 64; i++) {
    const v = t[i] + over;
    n[i] = v & 0xff;
    over = Math.floor(v / 256);
  }
  return moduloL(n);
}

// ---- Keys and signatures ----

function join(...parts) {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) {
    out.set(p, at);
    at += p.length;
  }
  return out;
}

// The secret number and the prefix that a seed stands for (section 5.1.5).
function expand(seed) {
  if (seed.length !== 32) throw new Error('a seed has 32 bytes');
  const h = sha512(seed);
  const secret = h.slice(0, 32);
  secret[0] &= 0xf8;
  secret[31] = (secret[31] & 0x7f) | 0x40;
  return { secret, prefix: h.slice(32) };
}

// newKey makes the key of a seed of 32 random bytes: its public key, 32 bytes, and its signatures, 64
// bytes each (section 5.1.6). The public key always comes from the seed: to sign beside another one
// would give the seed away.
function newKey(seed) {
  const { secret, prefix } = expand(seed);
  const publicKey = timesB(secret);
  return {
    publicKey,
    sign(message) {
      const r = moduloL(sha512(join(prefix, message)));
      const R = timesB(r);
      const k = moduloL(sha512(join(R, publicKey, message)));
      return join(R, timesPlus(k, secret, r));
    },
  };
}

module.exports = { newKey, join };
