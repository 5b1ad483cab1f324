# The programs in examples/ that embed the library, as whoever copies one of them would run it.
# shellcheck shell=bash disable=SC2154

make_images() { # two images, one that is cut short, and one that is none
        python3 - "$W" <<-'END'
		import os, struct, sys, zlib
		def chunk(kind, data):
		    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
		def png(width, height):
		    rows = b"".join(b"\0" + os.urandom(width * 3) for _ in range(height))
		    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) +
		            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
		os.chdir(sys.argv[1])
		for name, data in ("small.png", png(3, 2)), ("large.png", png(300, 200)), ("cut.png", png(30, 20)[:-40]), ("none.png", b"no"):
		    open(name, "wb").write(data)
	END
}

test_images_are_decoded_in_a_sandbox_each() {
        local there
        need python3
        [ -x "$HELPERS/decode" ] || skip "there is no libpng here"
        ! grep -q __asan_init "$CORDON" || skip "a thousand copies of AddressSanitizer's memory"
        make_images
        cd "$W"
        run "$HELPERS/decode" --here small.png large.png
        status_is 0
        matches "$out" "small.png: 3x2 [0-9a-f]{16}"
        there=$out
        run "$HELPERS/decode" small.png large.png
        status_is 0
        is "$out" "$there"
        run "$HELPERS/decode" -n 500 small.png large.png
        status_is 0
        is "$(sort -u "$T/out")" "$(sort <<<"$there")"
        is "$(wc -l <"$T/out")" 1000
}

test_images_that_are_none_harm_no_other() {
        need python3
        [ -x "$HELPERS/decode" ] || skip "there is no libpng here"
        make_images
        cd "$W"
        run "$HELPERS/decode" cut.png small.png none.png missing.png
        status_is 1
        matches "$out" "^small.png: 3x2 [0-9a-f]{16}$"
        has "$err" "cut.png was not decoded"
        has "$err" "none.png was not decoded"
        has "$err" "cannot read missing.png"
}
