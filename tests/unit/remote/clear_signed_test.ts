import { assert, assertEquals, assertThrows } from "@std/assert";
import { TorcxError } from "../../../lib/errors.ts";
import { parseClearSigned } from "../../../lib/remote/clear_signed.ts";

const BEGIN = "-----BEGIN PGP SIGNED MESSAGE-----";
const ARMOR = "-----BEGIN PGP SIGNATURE-----\n\niQ==\n=AAAA\n-----END PGP SIGNATURE-----\n";

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

const ACCEPTED: Record<string, [message: string, text: string, hashes: string[]]> = {
  "no header": [`${BEGIN}\n\na\n${ARMOR}`, "a", []],
  "one header": [`${BEGIN}\nHash: SHA256\n\na\n${ARMOR}`, "a", ["SHA256"]],
  "two hashes in a header": [`${BEGIN}\nHash: SHA256, sha512\n\na\n${ARMOR}`, "a", ["SHA256", "SHA512"]],
  "two headers": [`${BEGIN}\nHash: SHA256\nHash: SHA512\n\na\n${ARMOR}`, "a", ["SHA256", "SHA512"]],
  "no text": [`${BEGIN}\n\n${ARMOR}`, "", []],
  "an empty line at the end of the text": [`${BEGIN}\n\na\n\n${ARMOR}`, "a\n", []],
  "dash-escapes": [`${BEGIN}\n\n- -----BEGIN\n- - a\n- \n${ARMOR}`, "-----BEGIN\n- a\n", []],
  "blanks at ends of lines": [`${BEGIN}\n\n a \t\n\t\n${ARMOR}`, " a\n", []],
  "empty lines after it": [`${BEGIN}\n\na\n${ARMOR}\n\n`, "a", []],
  "CRLF": [`${BEGIN}\n\na\nb\n${ARMOR}`.replaceAll("\n", "\r\n"), "a\nb", []],
};

for (const [name, [message, text, hashes]] of Object.entries(ACCEPTED)) {
  Deno.test(`parseClearSigned() takes ${name}`, () => {
    assertEquals(parseClearSigned(encode(message), "m"), { text, armor: ARMOR, hashes });
  });
}

const REFUSED: Record<string, [message: string, says: RegExp]> = {
  "nothing": ["", /no clear-signed message/],
  "a line before": [`\n${BEGIN}\n\na\n${ARMOR}`, /text before the signed message: ""/],
  "a blank before": [` ${BEGIN}\n\na\n${ARMOR}`, /no clear-signed message/],
  "a mark of byte order": [`\ufeff${BEGIN}\n\na\n${ARMOR}`, /no clear-signed message/],
  "headers alone": [`${BEGIN}\nHash: SHA256`, /ends in its headers/],
  "another header": [`${BEGIN}\nNotDashEscaped: yes\n\na\n${ARMOR}`, /header that is not signed/],
  "a header of blanks": [`${BEGIN}\n \n\na\n${ARMOR}`, /header that is not signed: " "/],
  "a header with more behind": [`${BEGIN}\nHash: SHA256; x\n\na\n${ARMOR}`, /header that is not signed/],
  "text in the place of headers": [`${BEGIN}\nHash: SHA256\nevil\n\na\n${ARMOR}`, /not signed: "evil"/],
  "no signature": [`${BEGIN}\n\na\n`, /has no signature/],
  "an unescaped dash": [`${BEGIN}\n\n-a\n${ARMOR}`, /not escaped: "-a"/],
  "a message in the message": [`${BEGIN}\n\n${BEGIN}\n\na\n${ARMOR}`, /not escaped/],
  "a signature without an end": [`${BEGIN}\n\na\n${ARMOR.slice(0, 60)}`, /signature has no end/],
  "text after": [`${BEGIN}\n\na\n${ARMOR}evil`, /text after the signed message: "evil"/],
  "a blank after": [`${BEGIN}\n\na\n${ARMOR} `, /text after the signed message: " "/],
  "a second message": [`${BEGIN}\n\na\n${ARMOR}${BEGIN}\n\nb\n${ARMOR}`, /a second message follows/],
};

for (const [name, [message, says]] of Object.entries(REFUSED)) {
  Deno.test(`parseClearSigned() refuses ${name}`, () => {
    const error = assertThrows(() => parseClearSigned(encode(message), "/m"), TorcxError);
    assertEquals(error.code, "untrusted");
    assert(error.message.startsWith('Cannot trust "/m": '), error.message);
    assert(says.test(error.message), error.message);
  });
}

Deno.test("parseClearSigned() refuses what is no UTF-8", () => {
  const data = new Uint8Array([...encode(`${BEGIN}\n\n`), 0xff, ...encode(`\n${ARMOR}`)]);
  assert(/no UTF-8/.test(assertThrows(() => parseClearSigned(data, "m"), TorcxError).message));
});
