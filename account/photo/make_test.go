package photo_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"runtime"
	"strings"
	"testing"

	"madang/account"
	"madang/account/photo"
)

// Images of both formats, of all shapes, become the square in their middle.
func TestMake(t *testing.T) {
	for _, size := range [][2]int{{256, 256}, {1, 1}, {2, 2}, {255, 257}, {600, 300}, {300, 600}, {1000, 50}, {700, 700}} {
		img := colored(size[0], size[1])
		for what, b := range map[string][]byte{"png": asPNG(t, img), "jpeg": asJPEG(t, img)} {
			out, err := photo.Make(b)
			if err != nil {
				t.Fatalf("%s of %v: %v", what, size, err)
			}
			small := isPhoto(t, out)
			if size[0] > 100 {
				shows(t, fmt.Sprint(what, size), small, upright)
			}
		}
	}
}

// What is transparent is white, not black.
func TestTransparent(t *testing.T) {
	out, err := photo.Make(asPNG(t, image.NewNRGBA(image.Rect(0, 0, 50, 50))))
	ok(t, err)
	shows(t, "transparent", isPhoto(t, out), func(int, int) color.RGBA { return color.RGBA{255, 255, 255, 255} })
}

// All kinds of pixels that the decoders know are drawn.
func TestColors(t *testing.T) {
	r := image.Rect(0, 0, 20, 20)
	for what, img := range map[string]image.Image{
		"gray": image.NewGray(r), "gray 16": image.NewGray16(r), "16 bits": image.NewNRGBA64(r),
		"palette": image.NewPaletted(r, color.Palette{color.Black, color.White}),
	} {
		out, err := photo.Make(asPNG(t, img))
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		isPhoto(t, out)
	}
}

// A photo is shown as it was seen when it was taken. The pictures are made by the words of the Exif standard: where its first
// row, and where its first column, is to be seen.
func TestOrientation(t *testing.T) {
	const n = 256
	for o, seen := range map[uint16]func(row, col int) (x, y int){
		1: func(row, col int) (x, y int) { return col, row },
		2: func(row, col int) (x, y int) { return n - 1 - col, row },
		3: func(row, col int) (x, y int) { return n - 1 - col, n - 1 - row },
		4: func(row, col int) (x, y int) { return col, n - 1 - row },
		5: func(row, col int) (x, y int) { return row, col },
		6: func(row, col int) (x, y int) { return n - 1 - row, col },
		7: func(row, col int) (x, y int) { return n - 1 - row, n - 1 - col },
		8: func(row, col int) (x, y int) { return row, n - 1 - col },
	} {
		img := image.NewRGBA(image.Rect(0, 0, n, n))
		for row := range n {
			for col := range n {
				x, y := seen(row, col)
				img.SetRGBA(col, row, quarters(x, y, n, n))
			}
		}
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			out, err := photo.Make(withSegment(asJPEG(t, img), 0xe1, exif(order, o)))
			ok(t, err)
			shows(t, fmt.Sprint("orientation ", o, " ", order), isPhoto(t, out), upright)
		}
	}
}

// An orientation that is none, or cannot be read, is upright.
func TestBadExif(t *testing.T) {
	b := asJPEG(t, colored(256, 256))
	good := exif(binary.BigEndian, 3)
	for what, data := range map[string][]byte{
		"0": exif(binary.BigEndian, 0), "9": exif(binary.BigEndian, 9), "empty": []byte("Exif\x00\x00"), "cut": good[:20],
		"far away":    append([]byte("Exif\x00\x00MM\x00*"), 0xff, 0xff, 0xff, 0xff),
		"many":        append([]byte("Exif\x00\x00MM\x00*"), 0, 0, 0, 8, 0xff, 0xff),
		"other order": append([]byte("Exif\x00\x00XX"), good[8:]...), "another's": []byte("http://ns.adobe.com/xap/1.0/"),
	} {
		out, err := photo.Make(withSegment(b, 0xe1, data))
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		shows(t, what, isPhoto(t, out), upright)
	}
}

// Nothing of what somebody hides in a file is in the photo. CVE-2022-46181 (Gotify) and CVE-2024-29891 (Zitadel) were about
// pages that were served from uploads.
func TestNothingSurvives(t *testing.T) {
	const page = "<html><script>alert(document.domain)</script></html>"
	img := colored(300, 300)
	pic, pho := asPNG(t, img), asJPEG(t, img)
	inside := append(append(append([]byte{}, pic[:33]...), chunk("tEXt", []byte("Comment\x00"+page+"GPS"))...), pic[33:]...)
	for what, b := range map[string][]byte{
		"page behind a PNG":    append(append([]byte{}, pic...), page...),
		"page in a PNG":        inside,
		"page behind a JPEG":   append(append([]byte{}, pho...), page...),
		"comment in a JPEG":    withSegment(pho, 0xfe, []byte(page)),
		"place in a JPEG":      withSegment(pho, 0xe1, exif(binary.LittleEndian, 1)),
		"archive behind a PNG": append(append([]byte{}, pic...), "PK\x03\x04 <?php system($_GET['c']); ?> GPS"...),
	} {
		out, err := photo.Make(b)
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		isPhoto(t, out)
		for _, part := range []string{"script", "GPS", "Exif", "PK\x03\x04", "<?php", "<html"} {
			if bytes.Contains(out, []byte(part)) {
				t.Errorf("%s: %q is still there", what, part)
			}
		}
	}
}

// What is no JPEG or PNG, whatever its name says, is refused, and so is what is broken.
func TestRefused(t *testing.T) {
	img := colored(300, 300)
	pic, pho := asPNG(t, img), asJPEG(t, img)
	var moving bytes.Buffer
	frame := image.NewPaletted(image.Rect(0, 0, 10, 10), color.Palette{color.Black, color.White})
	ok(t, gif.EncodeAll(&moving, &gif.GIF{Image: []*image.Paletted{frame, frame}, Delay: []int{1, 1}}))
	const svg = `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`
	for what, x := range map[string]struct {
		b    []byte
		want error
	}{
		"nothing":                    {nil, photo.ErrFormat},
		"SVG":                        {[]byte(svg), photo.ErrFormat},
		"SVG with a declaration":     {[]byte(`<?xml version="1.0"?>` + svg), photo.ErrFormat},
		"HTML":                       {[]byte("<!doctype html><script>alert(1)</script>"), photo.ErrFormat},
		"HTML before a PNG":          {append([]byte("<script>alert(1)</script>"), pic...), photo.ErrFormat},
		"moving GIF":                 {moving.Bytes(), photo.ErrFormat},
		"GIF and JavaScript":         {[]byte("GIF89a/*\x00*/=1;alert(1)"), photo.ErrFormat},
		"BMP":                        {[]byte("BM" + strings.Repeat("\x00", 100)), photo.ErrFormat},
		"WebP":                       {[]byte("RIFF\x24\x00\x00\x00WEBPVP8 "), photo.ErrFormat},
		"PDF":                        {[]byte("%PDF-1.7"), photo.ErrFormat},
		"beginning of a PNG":         {pic[:8], photo.ErrFormat},
		"half a PNG":                 {pic[:len(pic)/2], photo.ErrFormat},
		"HTML in a PNG's clothes":    {append(append([]byte{}, pic[:8]...), svg...), photo.ErrFormat},
		"beginning of a JPEG":        {pho[:3], photo.ErrFormat},
		"half a JPEG":                {pho[:len(pho)/2], photo.ErrFormat},
		"JPEG without an image":      {[]byte("\xff\xd8\xff\xd9"), photo.ErrFormat},
		"PNG of 60000 by 60000":      {header(60000, 60000), photo.ErrPixels},
		"PNG of 2^31-1 by 2^31-1":    {header(1<<31-1, 1<<31-1), photo.ErrFormat},
		"PNG of 2^31-1 by 1":         {header(1<<31-1, 1), photo.ErrPixels},
		"PNG of 8193 by 1":           {header(photo.MaxSide+1, 1), photo.ErrPixels},
		"PNG of 12 megapixels and 1": {header(4096, 3073), photo.ErrPixels},
		"PNG of 0 by 0":              {header(0, 0), photo.ErrFormat},
		"PNG of 8192 by 1, empty":    {header(photo.MaxSide, 1), photo.ErrFormat},
		"JPEG of 65535 by 65535":     {hugeJPEG(), photo.ErrPixels},
		"JPEG of 101 scans":          {scans(pho, 101), photo.ErrFormat},
		"a byte too many":            {append(pic, make([]byte, photo.MaxUpload+1-len(pic))...), photo.ErrTooLarge},
	} {
		out, err := photo.Make(x.b)
		if !errors.Is(err, x.want) || !errors.Is(err, account.ErrInvalid) || out != nil {
			t.Errorf("%s: %d bytes, %v, want %v", what, len(out), err, x.want)
		}
	}
	if _, err := photo.Make(append(pic, make([]byte, photo.MaxUpload-len(pic))...)); err != nil {
		t.Errorf("1024 kilobytes: %v", err)
	}
}

// hugeJPEG is a JPEG that says it is as large as one can be.
func hugeJPEG() []byte {
	return []byte{0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0xff, 0xff, 0xff, 0xff, 1, 1, 0x11, 0, 0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0xff, 0xd9}
}

// scans repeats the only scan of a JPEG.
func scans(b []byte, n int) []byte {
	at := bytes.Index(b, []byte("\xff\xda"))
	scan := b[at : len(b)-2]
	out := append([]byte{}, b[:at]...)
	for range n {
		out = append(out, scan...)
	}
	return append(out, 0xff, 0xd9)
}

// As many scans as a progressive JPEG may have are decoded.
func TestScans(t *testing.T) {
	out, err := photo.Make(scans(asJPEG(t, colored(20, 20)), 100))
	ok(t, err)
	isPhoto(t, out)
}

// A header costs nothing but itself: no image is made before its size is known to be small enough.
func TestBombCostsNothing(t *testing.T) {
	for what, b := range map[string][]byte{"png": header(60000, 60000), "jpeg": hugeJPEG()} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := photo.Make(b)
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; err == nil || n > 1<<20 {
			t.Errorf("%s: %d bytes for a refusal, %v", what, n, err)
		}
	}
}

// Whatever is uploaded, it ends, and what comes out is a photo.
func FuzzMake(f *testing.F) {
	small := colored(9, 7)
	f.Add(asPNG(f, small))
	f.Add(asJPEG(f, small))
	f.Add(withSegment(asJPEG(f, small), 0xe1, exif(binary.LittleEndian, 6)))
	f.Add(header(60000, 60000))
	f.Add(hugeJPEG())
	f.Fuzz(func(t *testing.T, b []byte) {
		out, err := photo.Make(b)
		if err == nil {
			isPhoto(t, out)
		} else if !errors.Is(err, account.ErrInvalid) {
			t.Fatal(err)
		}
	})
}
