/* What stands between a sandbox and a terminal: cordon_escape() and cordon_diag_format(), on any bytes. The input is cut at
 * NUL bytes into file, message, hint and source; its first bytes are numbers. */
#include "tests/fuzz/fuzz.h"

static bool harmless(const unsigned char *s, size_t length)
{
        for (size_t i = 0; i < length; i++) {
                if (s[i] < 0x20 || s[i] == 0x7f)
                        return false;
                if (s[i] == 0xc2 && i + 1 < length && s[i + 1] < 0xa0) /* U+0080 to U+009f: controls */
                        return false;
        }
        return true;
}

/* An escaped text is harmless, says the same when it is escaped again, and is cut between characters. */
static void escape(const char *text)
{
        size_t needs = cordon_escape(text, NULL, 0);
        char *shown = malloc(needs + 1), *cut = malloc(needs + 1);
        must(shown && cut, "no memory");
        must(needs >= strlen(text) && needs <= 4 * strlen(text), "%zu for %zu", needs, strlen(text));
        must(cordon_escape(text, shown, needs + 1) == needs, "two lengths");
        must(strlen(shown) == needs, "another length");
        must(harmless((const unsigned char *)shown, needs), "raw: %s", shown);
        must_be_harmless(shown, needs);
        for (size_t room = 1; room <= needs; room += 1 + room / 3) {
                must(cordon_escape(text, cut, room) == needs, "another length");
                must(strlen(cut) < room && strncmp(cut, shown, strlen(cut)) == 0, "%zu: %s", room, cut);
                must(harmless((const unsigned char *)cut, strlen(cut)), "raw: %s", cut);
                must_be_harmless(cut, strlen(cut));
        }
        free(cut);
        free(shown);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        cordon_diag d = {.severity = CORDON_ERROR, .width = 1};
        const char **parts[] = {&d.message, &d.source, &d.hint, &d.file};
        if (size < 8)
                return 0;
        d.severity = (int)(data[0] % 5); /* one more than there are, on either side */
        d.line = data[1] % 3 * 12345u;
        d.column = data[2] % 3 == 2 ? data[3] * 256u + data[4] : data[3] % 64u;
        d.width = data[5] % 4 == 3 ? data[6] * 256u + data[7] : 1 + data[6] % 64u;
        char *text = malloc(size - 8 + 1);
        must(text, "no memory");
        memcpy(text, data + 8, size - 8);
        text[size - 8] = '\0';
        size_t used = 0;
        for (char *at = text; used < 4 && at <= text + size - 8; at += strlen(at) + 1) {
                *parts[used++] = at;
                escape(at);
        }
        must_format(&d);
        free(text);
        return 0;
}
