'use strict';

// Bound passes (docs/protocol.md, section 4): the phone keeps a credential of 118 bytes and a seed of
// 32, and draws the code that it shows from them. Nothing here needs a network.

const base32 = require('./base32.js');
const ed25519 = require('./ed25519.js');
const { sha256 } = require('./sha2.js');

const CREDENTIAL = 118; // bytes
const EVERY_SITE = 0xffffffff;
const SHOW = 'gated:show:v1\0';

// What the issuer says in a credential. An error is a sentence for a log: the platform has sent
// something else than a credential.
function parseCredential(bytes) {
  if (bytes.length !== CREDENTIAL) throw new Error(`a credential has ${CREDENTIAL} bytes, not ${bytes.length}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const flags = view.getUint8(17);
  const ttl10 = view.getUint16(15);
  if (view.getUint8(0) !== 2) throw new Error(`type ${view.getUint8(0)} is not a bound pass`);
  if (ttl10 === 0 || (flags & 3) === 3 || (flags & 0b11001100) !== 0) throw new Error('no gate would read this credential');
  const notBefore = view.getUint32(11);
  return {
    kid: view.getUint16(1),
    site: view.getUint32(3), // 0xffffffff: every site that the issuer's key may open
    serial: view.getUint32(7),
    notBefore, // unix seconds
    end: notBefore + 10 * ttl10, // the first second at which it is no longer valid
    direction: ['both', 'in', 'out'][flags & 3],
    window: [15, 30, 60, 120][flags >> 4], // seconds for which one code counts
    rider: view.getUint32(18),
    holder: bytes.slice(22, 54), // the public key that it was made for
  };
}

// The text of the QR code for one moment. shownAt is unix seconds by the corrected clock. site is the
// number of the gate's site; with a credential for every site that of the order. tag is the gate's
// number in its site, or 0 if the phone does not know the gate. The code opens a gate for as long as
// its window lasts: it is drawn, and neither kept nor logged.
function draw(credential, seed, shownAt, site, tag) {
  const c = parseCredential(credential);
  whole('shownAt', shownAt, 0, 0xffffffff);
  whole('site', site, 1, EVERY_SITE - 1);
  whole('tag', tag, 0, 0xffff);
  if (c.site !== EVERY_SITE && c.site !== site) throw new Error(`the credential is for site ${c.site}, not ${site}`);
  const key = ed25519.newKey(seed);
  if (!key.publicKey.every((b, i) => b === c.holder[i])) throw new Error('the credential was made for another phone');
  const time = new Uint8Array(4);
  new DataView(time.buffer).setUint32(0, shownAt);
  const place = new Uint8Array(6); // signed, and not sent: the gate fills in its own
  new DataView(place.buffer).setUint32(0, site);
  new DataView(place.buffer).setUint16(4, tag);
  const domain = Uint8Array.from(SHOW, (letter) => letter.charCodeAt(0));
  const signature = key.sign(ed25519.join(domain, sha256(credential), time, place));
  return 'G1:' + base32.encode(ed25519.join(credential, time, signature));
}

function whole(name, n, least, most) {
  if (!Number.isInteger(n) || n < least || n > most) throw new Error(`${name} must be a whole number from ${least} to ${most}`);
}

module.exports = { parseCredential, draw };
