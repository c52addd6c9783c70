import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.Signature;
import java.security.spec.EdECPrivateKeySpec;
import java.security.spec.NamedParameterSpec;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * Makes one pass, as a delivery platform's server does, and prints it. See docs/issuing.md.
 *
 * <pre>
 * java Issue.java --seed HEX --kid N --site N --serial N --not-before UNIX --ttl10 N --flags N --rider N
 * java Issue.java credential --holder HEX ...
 * </pre>
 *
 * The first form prints the code of a bearer pass, the second the 118 bytes of a credential in
 * hexadecimal. The key is an argument here so that the worked examples can be tried; a server takes
 * it from where it is kept. Needs Java 17 or later and no libraries.
 */
public final class Issue {
    // ---- The pass: docs/protocol.md, sections 2 to 4 ----

    /** What the issuer says in a pass. */
    record Fields(long kid, long site, long serial, long notBefore, long ttl10, long flags, long rider) {
        /** The first 22 bytes of every pass. */
        byte[] header(int type) {
            ByteBuffer b = ByteBuffer.allocate(22); // big-endian, as Java's buffers are
            b.put((byte) type).putShort((short) kid).putInt((int) site).putInt((int) serial);
            b.putInt((int) notBefore).putShort((short) ttl10).put((byte) flags).putInt((int) rider);
            return b.array();
        }
    }

    /** The code of a bearer pass, 141 characters. */
    static String bearerPass(byte[] seed, Fields f) throws GeneralSecurityException {
        byte[] head = f.header(1);
        return "G1:" + base32(join(head, signed("gated:pass:v1\0", head, seed)));
    }

    /** The 118 bytes from which the phone that has the holder's private key draws its codes. */
    static byte[] credential(byte[] seed, Fields f, byte[] holder) throws GeneralSecurityException {
        byte[] body = join(f.header(2), holder);
        return join(body, signed("gated:cred:v1\0", body, seed));
    }

    /** The Ed25519 signature over the domain and the bytes. */
    static byte[] signed(String domain, byte[] bytes, byte[] seed) throws GeneralSecurityException {
        var key = KeyFactory.getInstance("Ed25519").generatePrivate(new EdECPrivateKeySpec(NamedParameterSpec.ED25519, seed));
        Signature s = Signature.getInstance("Ed25519");
        s.initSign(key);
        s.update(domain.getBytes(StandardCharsets.US_ASCII));
        s.update(bytes);
        return s.sign();
    }

    /** RFC 4648 section 6: upper case, no padding. */
    static String base32(byte[] bytes) {
        String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        var text = new StringBuilder();
        int bits = 0, held = 0;
        for (byte b : bytes) {
            held = (held << 8 | b & 0xff) & 0xfff;
            for (bits += 8; bits >= 5; bits -= 5) text.append(alphabet.charAt(held >> (bits - 5) & 31));
        }
        if (bits > 0) text.append(alphabet.charAt(held << (5 - bits) & 31));
        return text.toString();
    }

    /**
     * Whether gates take this public key: it is a point of the curve in its one encoding, and not one
     * of the few for which anybody can sign (docs/protocol.md, section 5).
     */
    static boolean goodKey(byte[] key) {
        BigInteger one = BigInteger.ONE, two = BigInteger.TWO;
        BigInteger p = two.pow(255).subtract(BigInteger.valueOf(19));
        BigInteger d = BigInteger.valueOf(-121665).multiply(BigInteger.valueOf(121666).modInverse(p)).mod(p);
        byte[] bigEndian = new byte[32];
        for (int i = 0; i < 32; i++) bigEndian[i] = key[31 - i];
        BigInteger y = new BigInteger(1, bigEndian).clearBit(255);
        BigInteger yy = y.multiply(y).mod(p), u = yy.subtract(one);
        BigInteger small = d.multiply(yy).multiply(yy).add(yy.multiply(two)).subtract(one).multiply(u).multiply(y).mod(p);
        BigInteger square = u.multiply(d.multiply(yy).add(one)).mod(p).modPow(p.subtract(one).divide(two), p);
        return y.compareTo(p) < 0 && small.signum() != 0 && square.equals(one);
    }

    static byte[] join(byte[] a, byte[] b) {
        var out = new ByteArrayOutputStream();
        out.writeBytes(a);
        out.writeBytes(b);
        return out.toByteArray();
    }

    // ---- The command line ----

    /** The program was asked wrongly. */
    static final class Asked extends Exception {
        Asked(String message) {
            super(message);
        }
    }

    static final List<String> NAMES =
        List.of("--seed", "--kid", "--site", "--serial", "--not-before", "--ttl10", "--flags", "--rider", "--holder");

    /** Takes pairs of a name and a value. Each must be there once. */
    static Map<String, String> read(List<String> args, boolean isCredential) throws Asked {
        Map<String, String> values = new HashMap<>();
        for (int i = 0; i < args.size(); i += 2) {
            String name = args.get(i);
            if (!name.startsWith("--")) throw new Asked("each value stands after its name, like --kid 257");
            if (!NAMES.contains(name)) throw new Asked("there is no " + name);
            if (name.equals("--holder") && !isCredential) throw new Asked("--holder is for a credential alone");
            if (values.containsKey(name)) throw new Asked(name + " stands there twice");
            if (i + 1 == args.size()) throw new Asked(name + " has no value");
            values.put(name, args.get(i + 1));
        }
        for (String name : NAMES) {
            if (!values.containsKey(name) && (!name.equals("--holder") || isCredential)) throw new Asked(name + " is missing");
        }
        return values;
    }

    /** A decimal or, after 0x, a hexadecimal number. */
    static long number(Map<String, String> values, String name, long least, long most) throws Asked {
        String text = values.get(name);
        long n = -1;
        if (text.matches("[0-9]{1,10}")) n = Long.parseLong(text);
        else if (text.matches("0x[0-9a-fA-F]{1,8}")) n = Long.parseLong(text.substring(2), 16);
        if (n < least || n > most) throw new Asked(name + " must be a number from " + least + " to " + most);
        return n;
    }

    /** 32 bytes. What stands there is not repeated in the error: it may be a key. */
    static byte[] bytes(Map<String, String> values, String name) throws Asked {
        String text = values.get(name);
        if (!text.matches("[0-9a-fA-F]{64}")) throw new Asked(name + " must be 64 hexadecimal digits");
        return HexFormat.of().parseHex(text);
    }

    static String issue(List<String> args) throws Asked, GeneralSecurityException {
        boolean isCredential = !args.isEmpty() && args.get(0).equals("credential");
        var values = read(isCredential ? args.subList(1, args.size()) : args, isCredential);
        byte[] seed = bytes(values, "--seed");
        long max16 = 0xffffL, max32 = 0xffffffffL;
        var f = new Fields(number(values, "--kid", 1, max16), number(values, "--site", 1, max32),
            number(values, "--serial", 0, max32), number(values, "--not-before", 0, max32),
            number(values, "--ttl10", 1, max16), number(values, "--flags", 0, 0xff), number(values, "--rider", 0, max32));
        long meaning = isCredential ? 0b00110011 : 0b00000111;
        if ((f.flags() & ~meaning) != 0 || (f.flags() & 3) == 3) {
            throw new Asked("--flags has bits that mean nothing in a " + (isCredential ? "credential" : "bearer pass"));
        }
        if (!isCredential) return bearerPass(seed, f);
        byte[] holder = bytes(values, "--holder");
        if (!goodKey(holder)) throw new Asked("--holder is not a key that a gate would take");
        return HexFormat.of().formatHex(credential(seed, f, holder));
    }

    public static void main(String[] args) throws GeneralSecurityException {
        try {
            System.out.println(issue(List.of(args)));
        } catch (Asked err) {
            System.err.println("issue: error: " + err.getMessage());
            System.exit(2);
        }
    }
}
