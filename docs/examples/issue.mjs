// Makes one pass, as a delivery platform's server does, and prints it. See docs/issuing.md.
//
//   node issue.mjs --seed HEX --kid N --site N --serial N --not-before UNIX --ttl10 N --flags N --rider N
//   node issue.mjs credential --holder HEX ...
//
// The first form prints the code of a bearer pass, the second the 118 bytes of a credential in
// hexadecimal. The key is an argument here so that the worked examples can be tried; a server takes
// it from where it is kept. Needs Node.js 16 or later and no packages.

import { createPrivateKey, sign } from 'node:crypto';

// ---- The pass: docs/protocol.md, sections 2 to 4 ----

// The first 22 bytes of every pass.
function header(type, p) {
  const b = Buffer.alloc(22);
  b.writeUInt8(type, 0);
  b.writeUInt16BE(p.kid, 1);
  b.writeUInt32BE(p.site, 3);
  b.writeUInt32BE(p.serial, 7);
  b.writeUInt32BE(p.notBefore, 11);
  b.writeUInt16BE(p.ttl10, 15);
  b.writeUInt8(p.flags, 17);
  b.writeUInt32BE(p.rider, 18);
  return b;
}

// The code of a bearer pass, 141 characters.
function bearerPass(seed, p) {
  const head = header(1, p);
  return 'G1:' + base32(Buffer.concat([head, signed('gated:pass:v1\0', head, seed)]));
}

// The 118 bytes from which the phone that has the holder's private key draws its codes.
function credential(seed, p, holder) {
  const body = Buffer.concat([header(2, p), holder]);
  return Buffer.concat([body, signed('gated:cred:v1\0', body, seed)]);
}

// The Ed25519 signature over the domain and the bytes. Node takes a private key in PKCS #8, which for
// Ed25519 is the seed after 16 bytes that are always the same (RFC 8410).
function signed(domain, bytes, seed) {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return sign(null, Buffer.concat([Buffer.from(domain, 'latin1'), bytes]), key);
}

// RFC 4648 section 6: upper case, no padding.
function base32(bytes) {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  let text = '', bits = 0, held = 0;
  for (const byte of bytes) {
    held = (held << 8 | byte) & 0xfff;
    for (bits += 8; bits >= 5; bits -= 5) text += alphabet[held >> (bits - 5) & 31];
  }
  return bits > 0 ? text + alphabet[held << (5 - bits) & 31] : text;
}

// Whether gates take this public key: it is a point of the curve in its one encoding, and not one of
// the few for which anybody can sign (docs/protocol.md, section 5).
function goodKey(key) {
  const p = 2n ** 255n - 19n;
  const power = (b, e) => {
    let r = 1n;
    for (b %= p; e > 0n; e >>= 1n, b = b * b % p) if (e & 1n) r = r * b % p;
    return r;
  };
  const y = BigInt('0x' + Buffer.from(key).reverse().toString('hex')) & (1n << 255n) - 1n;
  const d = -121665n * power(121666n, p - 2n) % p + p;
  const yy = y * y % p;
  const small = y * (yy - 1n) * (d * yy * yy + 2n * yy - 1n) % p === 0n;
  const onCurve = power((yy - 1n + p) * (d * yy + 1n), (p - 1n) / 2n) === 1n;
  return y < p && !small && onCurve;
}

// ---- The command line ----

class Asked extends Error {}

const numbers = {
  '--kid': [1, 0xffff], '--site': [1, 0xffffffff], '--serial': [0, 0xffffffff], '--not-before': [0, 0xffffffff],
  '--ttl10': [1, 0xffff], '--flags': [0, 0xff], '--rider': [0, 0xffffffff],
};

// Takes pairs of a name and a value. Each must be there once.
function read(args, isCredential) {
  const names = ['--seed', ...Object.keys(numbers), '--holder'];
  const values = new Map();
  for (let i = 0; i < args.length; i += 2) {
    const name = args[i];
    if (!name.startsWith('--')) throw new Asked('each value stands after its name, like --kid 257');
    if (!names.includes(name)) throw new Asked(`there is no ${name}`);
    if (name === '--holder' && !isCredential) throw new Asked('--holder is for a credential alone');
    if (values.has(name)) throw new Asked(`${name} stands there twice`);
    if (i + 1 === args.length) throw new Asked(`${name} has no value`);
    values.set(name, args[i + 1]);
  }
  for (const name of names) {
    if (!values.has(name) && (name !== '--holder' || isCredential)) throw new Asked(`${name} is missing`);
  }
  return values;
}

// A decimal or, after 0x, a hexadecimal number.
function number(values, name) {
  const [least, most] = numbers[name];
  const text = values.get(name);
  const n = /^([0-9]{1,10}|0x[0-9a-fA-F]{1,8})$/.test(text) ? Number(text) : NaN;
  if (!(n >= least && n <= most)) throw new Asked(`${name} must be a number from ${least} to ${most}`);
  return n;
}

// 32 bytes. What stands there is not repeated in the error: it may be a key.
function bytes(values, name) {
  const text = values.get(name);
  if (!/^[0-9a-fA-F]{64}$/.test(text)) throw new Asked(`${name} must be 64 hexadecimal digits`);
  return Buffer.from(text, 'hex');
}

function issue(args) {
  const isCredential = args[0] === 'credential';
  const values = read(isCredential ? args.slice(1) : args, isCredential);
  const seed = bytes(values, '--seed');
  const p = {
    kid: number(values, '--kid'), site: number(values, '--site'), serial: number(values, '--serial'),
    notBefore: number(values, '--not-before'), ttl10: number(values, '--ttl10'), flags: number(values, '--flags'),
    rider: number(values, '--rider'),
  };
  const meaning = isCredential ? 0b00110011 : 0b00000111;
  if ((p.flags & ~meaning) !== 0 || (p.flags & 3) === 3) {
    throw new Asked(`--flags has bits that mean nothing in a ${isCredential ? 'credential' : 'bearer pass'}`);
  }
  if (!isCredential) return bearerPass(seed, p);
  const holder = bytes(values, '--holder');
  if (!goodKey(holder)) throw new Asked('--holder is not a key that a gate would take');
  return credential(seed, p, holder).toString('hex');
}

try {
  console.log(issue(process.argv.slice(2)));
} catch (err) {
  if (!(err instanceof Asked)) throw err;
  console.error(`issue: error: ${err.message}`);
  process.exitCode = 2;
}
