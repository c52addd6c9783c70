'use strict';

// SHA-512 and SHA-256 (FIPS 180-4), for places that have no crypto of their own. Bytes are Uint8Array.
// Numbers of 64 bits are pairs [high, low] of 32 bits: BigInt is missing on older phones.

// The first 64 bits of the fractional parts of the cube roots of the first 80 primes (section 4.2.3).
// The first 32 bits of the first 64 of them are the constants of SHA-256 (section 4.2.2).
const K = words(
  '428a2f98d728ae22 7137449123ef65cd b5c0fbcfec4d3b2f e9b5dba58189dbbc 3956c25bf348b538 59f111f1b605d019 ' +
  '923f82a4af194f9b ab1c5ed5da6d8118 d807aa98a3030242 12835b0145706fbe 243185be4ee4b28c 550c7dc3d5ffb4e2 ' +
  '72be5d74f27b896f 80deb1fe3b1696b1 9bdc06a725c71235 c19bf174cf692694 e49b69c19ef14ad2 efbe4786384f25e3 ' +
  '0fc19dc68b8cd5b5 240ca1cc77ac9c65 2de92c6f592b0275 4a7484aa6ea6e483 5cb0a9dcbd41fbd4 76f988da831153b5 ' +
  '983e5152ee66dfab a831c66d2db43210 b00327c898fb213f bf597fc7beef0ee4 c6e00bf33da88fc2 d5a79147930aa725 ' +
  '06ca6351e003826f 142929670a0e6e70 27b70a8546d22ffc 2e1b21385c26c926 4d2c6dfc5ac42aed 53380d139d95b3df ' +
  '650a73548baf63de 766a0abb3c77b2a8 81c2c92e47edaee6 92722c851482353b a2bfe8a14cf10364 a81a664bbc423001 ' +
  'c24b8b70d0f89791 c76c51a30654be30 d192e819d6ef5218 d69906245565a910 f40e35855771202a 106aa07032bbd1b8 ' +
  '19a4c116b8d2d0c8 1e376c085141ab53 2748774cdf8eeb99 34b0bcb5e19b48a8 391c0cb3c5c95a63 4ed8aa4ae3418acb ' +
  '5b9cca4f7763e373 682e6ff3d6b2b8a3 748f82ee5defb2fc 78a5636f43172f60 84c87814a1f0ab72 8cc702081a6439ec ' +
  '90befffa23631e28 a4506cebde82bde9 bef9a3f7b2c67915 c67178f2e372532b ca273eceea26619c d186b8c721c0c207 ' +
  'eada7dd6cde0eb1e f57d4f7fee6ed178 06f067aa72176fba 0a637dc5a2c898a6 113f9804bef90dae 1b710b35131c471b ' +
  '28db77f523047d84 32caab7b40c72493 3c9ebe0a15c9bebc 431d67c49c100d4c 4cc5d4becb3e42b6 597f299cfc657e2a ' +
  '5fcb6fab3ad6faec 6c44198c4a475817');

// The same of the square roots of the first 8 primes: where the hash begins (sections 5.3.5 and 5.3.3).
const START = words(
  '6a09e667f3bcc908 bb67ae8584caa73b 3c6ef372fe94f82b a54ff53a5f1d36f1 ' +
  '510e527fade682d1 9b05688c2b3e6c1f 1f83d9abfb41bd6b 5be0cd19137e2179');

function words(hex) {
  return hex.split(' ').map((w) => [parseInt(w.slice(0, 8), 16) | 0, parseInt(w.slice(8), 16) | 0]);
}

// The message, a one bit, zeros, and the message's length in bits (section 5.1).
function pad(message, block) {
  const room = block / 8; // for the length
  const out = new Uint8Array(Math.ceil((message.length + 1 + room) / block) * block);
  out.set(message);
  out[message.length] = 0x80;
  const view = new DataView(out.buffer);
  view.setUint32(out.length - 8, Math.floor(message.length / 0x20000000));
  view.setUint32(out.length - 4, (message.length * 8) >>> 0);
  return view;
}

// ---- SHA-256: section 6.2 ----

const rotr32 = (x, n) => (x >>> n) | (x << (32 - n));

function sha256(message) {
  const data = pad(message, 64);
  const hash = new Int32Array(START.map((w) => w[0]));
  const w = new Int32Array(64);
  for (let at = 0; at < data.byteLength; at += 64) {
    for (let t = 0; t < 16; t++) w[t] = data.getInt32(at + 4 * t);
    for (let t = 16; t < 64; t++) {
      const s0 = rotr32(w[t - 15], 7) ^ rotr32(w[t - 15], 18) ^ (w[t - 15] >>> 3);
      const s1 = rotr32(w[t - 2], 17) ^ rotr32(w[t - 2], 19) ^ (w[t - 2] >>> 10);
      w[t] = (s1 + w[t - 7] + s0 + w[t - 16]) | 0;
    }
    let [a, b, c, d, e, f, g, h] = hash;
    for (let t = 0; t < 64; t++) {
      const s1 = rotr32(e, 6) ^ rotr32(e, 11) ^ rotr32(e, 25);
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[t][0] + w[t]) | 0;
      const s0 = rotr32(a, 2) ^ rotr32(a, 13) ^ rotr32(a, 22);
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      [a, b, c, d, e, f, g, h] = [(t1 + t2) | 0, a, b, c, (d + t1) | 0, e, f, g];
    }
    [a, b, c, d, e, f, g, h].forEach((v, i) => { hash[i] += v; });
  }
  const out = new DataView(new ArrayBuffer(32));
  hash.forEach((v, i) => out.setInt32(4 * i, v));
  return new Uint8Array(out.buffer);
}

// ---- SHA-512: section 6.4 ----

// No amount that SHA-512 rotates by is 0 or 32.
function rotr(x, n) {
  const [high, low] = n < 32 ? x : [x[1], x[0]];
  n %= 32;
  return [(high >>> n) | (low << (32 - n)), (low >>> n) | (high << (32 - n))];
}

const shr = (x, n) => [x[0] >>> n, (x[1] >>> n) | (x[0] << (32 - n))]; // n < 32
const xor = (x, y, z) => [x[0] ^ y[0] ^ z[0], x[1] ^ y[1] ^ z[1]];
const choose = (x, y, z) => [(x[0] & y[0]) ^ (~x[0] & z[0]), (x[1] & y[1]) ^ (~x[1] & z[1])];
const majority = (x, y, z) => [0, 1].map((i) => (x[i] & y[i]) ^ (x[i] & z[i]) ^ (y[i] & z[i]));

function sum(...xs) {
  let high = 0;
  let low = 0;
  for (const x of xs) {
    high += x[0];
    low += x[1] >>> 0;
  }
  return [(high + Math.floor(low / 0x100000000)) | 0, low | 0];
}

function sha512(message) {
  const data = pad(message, 128);
  let hash = START;
  const w = [];
  for (let at = 0; at < data.byteLength; at += 128) {
    for (let t = 0; t < 16; t++) w[t] = [data.getInt32(at + 8 * t), data.getInt32(at + 8 * t + 4)];
    for (let t = 16; t < 80; t++) {
      const s0 = xor(rotr(w[t - 15], 1), rotr(w[t - 15], 8), shr(w[t - 15], 7));
      const s1 = xor(rotr(w[t - 2], 19), rotr(w[t - 2], 61), shr(w[t - 2], 6));
      w[t] = sum(s1, w[t - 7], s0, w[t - 16]);
    }
    let [a, b, c, d, e, f, g, h] = hash;
    for (let t = 0; t < 80; t++) {
      const t1 = sum(h, xor(rotr(e, 14), rotr(e, 18), rotr(e, 41)), choose(e, f, g), K[t], w[t]);
      const t2 = sum(xor(rotr(a, 28), rotr(a, 34), rotr(a, 39)), majority(a, b, c));
      [a, b, c, d, e, f, g, h] = [sum(t1, t2), a, b, c, sum(d, t1), e, f, g];
    }
    const after = [a, b, c, d, e, f, g, h];
    hash = hash.map((v, i) => sum(v, after[i]));
  }
  const out = new DataView(new ArrayBuffer(64));
  hash.forEach((v, i) => {
    out.setInt32(8 * i, v[0]);
    out.setInt32(8 * i + 4, v[1]);
  });
  return new Uint8Array(out.buffer);
}

module.exports = { sha256, sha512 };
