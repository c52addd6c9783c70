// node verify-proof.mjs FILE [KEY…]: checks the proof of a gate's record, docs/proofs.md says how.
import { createHash, createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';

const need = (ok, what) => { if (!ok) { console.error(`refused: ${what}`); process.exit(1); } };
const sha = (...parts) => createHash('sha256').update(Buffer.concat(parts.map((p) => Buffer.from(p)))).digest();
const bytes = (text) => { const b = Buffer.from(text, 'base64'); need(b.toString('base64') === text, 'base64'); return b; };

const [file, ...trusted] = process.argv.slice(2);
const [head, note, lines, ...rest] = readFileSync(file, 'utf8').split('\n\n');
const fields = head.split('\n').map((line) => [line.split(' ')[0], line.slice(line.indexOf(' ') + 1)]);
const all = (name) => fields.filter(([word]) => word === name).map(([, value]) => value);
const [leaf, salt, person, path, keys] = [all('leaf')[0], all('salt')[0], all('person')[0], all('hash'), all('key')];
const known = fields.every(([word], i) => (i === 0 ? ['gated/v1/proof'] : ['leaf', 'salt', 'person', 'hash', 'key']).includes(word));
need(known && leaf && !salt === !person && lines?.endsWith('\n') && rest.length === 0, 'not a proof');

const signatures = lines.slice(0, -1).split('\n');
need(keys.length >= 2 && keys.length === signatures.length, 'not a key for each signature of gate and central server');
keys.forEach((key, i) => {
  const [name, hash] = key.split('+'), raw = bytes(key.slice(name.length + hash.length + 2)), [dash, by, text] = signatures[i].split(' ');
  const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), raw.subarray(1)]), signature = bytes(text);
  const good = verify(null, Buffer.from(`${note}\n`), createPublicKey({ key: der, format: 'der', type: 'spki' }), signature.subarray(4));
  need(good && dash === '—' && by === name && signature.subarray(0, 4).toString('hex') === hash, `signature of ${name}`);
});
need(trusted.every((key) => keys.includes(key)), 'not signed with the keys that you trust');

const [origin, size, root] = note.split('\n'), [, , , , gate, log] = origin.split('/'), record = JSON.parse(leaf);
need(keys[0].startsWith(`${gate}+`) && record.log === log && record.seq < Number(size), 'not a record below the checkpoint');
let [n, last, hash] = [record.seq, Number(size) - 1, sha([0], leaf)]; // RFC 9162, 2.1.3.2
for (const step of path) {
  need(last > 0, 'path too long');
  const left = n % 2 === 1 || n === last;
  hash = left ? sha([1], bytes(step), hash) : sha([1], hash, bytes(step));
  if (left) while (n % 2 === 0 && n > 0) [n, last] = [n / 2, Math.floor(last / 2)];
  [n, last] = [Math.floor(n / 2), Math.floor(last / 2)];
}
need(last === 0 && hash.toString('base64') === root, 'not in the tree of the checkpoint');
need(person === undefined || sha(bytes(salt), person).toString('base64') === record.who, 'not the person of the record');
console.log(`accepted: record ${record.seq} of ${origin}\n${leaf}\n${person ?? '(nobody is named)'}\nsigned with:\n${keys.join('\n')}`);
