// Tests the phone's example with Node.js: node test.mjs. The examples themselves use nothing of Node's;
// its crypto is what they are compared with here.

import crypto from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import base32 from './base32.js';
import { newClock } from './clock.js';
import ed25519 from './ed25519.js';
import { draw, parseCredential } from './pass.js';
import { sha256, sha512 } from './sha2.js';

let passed = 0;
let failed = 0;

function check(name, good) {
  if (good) passed++;
  else {
    failed++;
    console.error(`FAIL ${name}`);
  }
}

const hex = (bytes) => Buffer.from(bytes).toString('hex');
const bytes = (text) => Uint8Array.from(Buffer.from(text, 'hex'));
const counting = (first) => Uint8Array.from({ length: 32 }, (_, i) => first + i);

function refuses(name, act) {
  try {
    act();
    check(name, false);
  } catch (err) {
    check(name, err.constructor === Error && err.message !== '');
  }
}

// Node's Ed25519, with the seed in PKCS #8.
function nodeKey(seed) {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  return crypto.createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}

// ---- FIPS 180-4: the examples of NIST, and every length around the ends of blocks ----

check('SHA-256 of abc', hex(sha256(Buffer.from('abc'))) === 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
check('SHA-512 of abc', hex(sha512(Buffer.from('abc'))) === 'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a' +
  '2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f');
for (let n = 0; n <= 300; n++) {
  const message = crypto.randomBytes(n);
  check(`SHA-256 of ${n} bytes`, hex(sha256(message)) === crypto.createHash('sha256').update(message).digest('hex'));
  check(`SHA-512 of ${n} bytes`, hex(sha512(message)) === crypto.createHash('sha512').update(message).digest('hex'));
}

// ---- RFC 8032 section 7.1, and random keys and messages against Node's own ----

const cases = readFileSync(new URL('rfc8032.txt', import.meta.url), 'utf8').replace(/\n /g, '').split('\n\n').slice(1);
check('RFC 8032 has five cases', cases.length === 5);
for (const text of cases) {
  const v = Object.fromEntries(text.trim().split('\n').map((line) => line.split(/: ?/)));
  const key = ed25519.newKey(bytes(v.secret));
  check(`RFC 8032 ${v.name}: public key`, hex(key.publicKey) === v.public);
  check(`RFC 8032 ${v.name}: signature`, hex(key.sign(bytes(v.message))) === v.signature);
}
const sign = (seed, message) => hex(ed25519.newKey(seed).sign(message));
for (let n = 0; n < 25; n++) {
  const seed = crypto.randomBytes(32);
  const message = crypto.randomBytes(5 * n);
  check(`signature of a random key, ${5 * n} bytes`, sign(seed, message) === crypto.sign(null, message, nodeKey(seed)).toString('hex'));
}
for (const seed of [new Uint8Array(32), new Uint8Array(32).fill(255)]) {
  check('signature of a key of equal bytes', sign(seed, seed) === crypto.sign(null, seed, nodeKey(seed)).toString('hex'));
}
refuses('a seed of 31 bytes', () => ed25519.newKey(new Uint8Array(31)));

// ---- Base32: RFC 4648 section 10, and that there is one spelling ----

['', 'MY', 'MZXQ', 'MZXW6', 'MZXW6YQ', 'MZXW6YTB', 'MZXW6YTBOI'].forEach((text, n) => {
  const plain = 'foobar'.slice(0, n);
  check(`base32 of "${plain}"`, base32.encode(Buffer.from(plain)) === text && Buffer.from(base32.decode(text)).toString() === plain);
});
for (const text of ['MZ', 'my', 'MY======', 'M', 'MZX', 'M1', 'MY\n', ' MY']) refuses(`base32 "${text}"`, () => base32.decode(text));

// ---- The worked example of the protocol ----

const example = {
  holder: '29acbae141bccaf0b22e1a94d34d0bc7361e526d0bfe12c89794bc9322966dd7',
  code: 'G1:AIAQCAAAAPUQAAAAAJVUTUQAEHABAAAAAAVCTLF24FA3ZSXQWIXBVFGTJUF4ONQ6KJWQX7QSZCLZJPETEKLG3VZWCTNPYLAJXY2GBU6AH6DQWBC5' +
    '3BCMHVWZDVG2XA5JQDOPPXTELF75CM5BTH32TSG26FVABYFPSJ6DK6W6ECPXGLHMQ2XDHHXIBUWQ622J2RMGWBO22SLCFBLZJIQ42UNB3NDLQJPZPFJJP7Y4' +
    '2PQ6V27UJ5CKX2Z737TK2666CTMAAKGFKR6Q2PIJXEU3STBZ7WHHBL2SZGSV4LDQAY',
};
const seed = counting(0x20);
const credential = base32.decode(example.code.slice(3)).slice(0, 118);
const c = parseCredential(credential);
check('worked example: the phone\'s public key', hex(ed25519.newKey(seed).publicKey) === example.holder && hex(c.holder) === example.holder);
check('worked example: the credential\'s fields', c.kid === 257 && c.site === 1001 && c.serial === 2 && c.notBefore === 1800000000 &&
  c.end === 1800086400 && c.direction === 'both' && c.window === 30 && c.rider === 42);
check('worked example: the code', draw(credential, seed, 1800000600, 1001, 3) === example.code);
check('another second, another code', draw(credential, seed, 1800000601, 1001, 3) !== example.code);
check('another gate, another code', draw(credential, seed, 1800000600, 1001, 0) !== example.code);

refuses('another phone', () => draw(credential, counting(0x21), 1800000600, 1001, 3));
refuses('another site', () => draw(credential, seed, 1800000600, 1002, 3));
refuses('every site', () => draw(credential, seed, 1800000600, 0xffffffff, 3));
refuses('a tag that is none', () => draw(credential, seed, 1800000600, 1001, 65536));
refuses('a time in milliseconds', () => draw(credential, seed, 1800000600000, 1001, 3));
refuses('half a second', () => draw(credential, seed, 1800000600.5, 1001, 3));
refuses('a credential that breaks off', () => parseCredential(credential.slice(0, 117)));
for (const [name, at, value] of [['a bearer pass', 0, 1], ['no such flag', 17, 0x40], ['uses', 17, 0x04], ['no direction', 17, 0x13]]) {
  const broken = credential.slice();
  broken[at] = value;
  refuses(`a credential with ${name}`, () => parseCredential(broken));
}

// ---- The vectors: every code that opens a gate is drawn again, character for character ----

const folder = new URL('../../../verify/testdata/vectors/', import.meta.url);
if (existsSync(folder)) {
  let drawn = 0;
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.txt'))) {
    const lines = readFileSync(new URL(file, folder), 'utf8').split('\n');
    const v = Object.fromEntries(lines.filter((l) => l !== '').map((l) => [l.slice(0, l.indexOf(': ')), l.slice(l.indexOf(': ') + 2)]));
    if (v.expect !== 'open' || v.code.length !== 301) continue;
    const body = base32.decode(v.code.slice(3));
    if (hex(body.slice(22, 54)) !== example.holder) continue;
    const shownAt = new DataView(body.buffer).getUint32(118);
    const codes = [Number(v.tag), 0].map((tag) => draw(body.slice(0, 118), seed, shownAt, Number(v.site), tag));
    check(`vector ${file}`, codes.includes(v.code));
    drawn++;
  }
  check('the vectors hold codes of this phone', drawn > 0);
}

// ---- The clock ----

let local = 1800000000000;
const clock = newClock(() => local);
check('clock: the phone\'s own time', clock.shownAt() === 1800000000);
check('clock: never twice the same', clock.shownAt() === 1800000001);
clock.answered(1800000100000, 1800000000000, 1800000000400);
check('clock: corrected by half of the way', clock.offset() === 99800 && clock.shownAt() === 1800000099);
clock.answered(1900000000000, 1800000000000, 1800000011000);
check('clock: a slow answer says too little', clock.offset() === 99800);
local -= 20000;
check('clock: set back a little, it goes on', clock.shownAt() === 1800000100);
local -= 3600000;
check('clock: set back far, it begins anew', clock.shownAt() === 1799996479);
check('clock: the offset outlives the app', newClock(() => local, clock.offset()).shownAt() === 1799996479);

console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
