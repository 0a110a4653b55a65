package photo_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"testing"

	"madang/account/photo"
)

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// quarters is the color of each quarter of the test image as it is to be seen.
func quarters(x, y, w, h int) color.RGBA {
	switch {
	case y < h/2 && x < w/2:
		return color.RGBA{255, 0, 0, 255}
	case y < h/2:
		return color.RGBA{0, 255, 0, 255}
	case x < w/2:
		return color.RGBA{0, 0, 255, 255}
	}
	return color.RGBA{255, 255, 0, 255}
}

// colored returns an image with a color for each quarter.
func colored(w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.SetRGBA(x, y, quarters(x, y, w, h))
		}
	}
	return img
}

func asJPEG(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	ok(t, jpeg.Encode(&b, img, &jpeg.Options{Quality: 95}))
	return b.Bytes()
}

func asPNG(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	ok(t, png.Encode(&b, img))
	return b.Bytes()
}

// withSegment puts a segment behind the beginning of a JPEG.
func withSegment(b []byte, marker byte, data []byte) []byte {
	out := append([]byte{}, b[:2]...)
	out = append(out, 0xff, marker)
	out = binary.BigEndian.AppendUint16(out, uint16(len(data)+2))
	return append(append(out, data...), b[2:]...)
}

// exif is what a camera writes: here its name, how it was held, and where.
func exif(order binary.AppendByteOrder, orientation uint16) []byte {
	b := []byte("Exif\x00\x00")
	if order.String() == "LittleEndian" {
		b = append(b, "II*\x00"...)
	} else {
		b = append(b, "MM\x00*"...)
	}
	b = order.AppendUint32(b, 8)
	b = order.AppendUint16(b, 2)
	entry := func(tag, kind uint16, count uint32) {
		b = order.AppendUint16(b, tag)
		b = order.AppendUint16(b, kind)
		b = order.AppendUint32(b, count)
	}
	entry(0x010f, 2, 20) // maker, at an offset
	b = order.AppendUint32(b, 38)
	entry(0x0112, 3, 1)
	b = order.AppendUint16(b, orientation)
	b = append(b, 0, 0)
	b = order.AppendUint32(b, 0)
	return append(b, "GPS 37.5665 126.9780"...)
}

// chunk is a chunk of a PNG.
func chunk(kind string, data []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	b = append(append(b, kind...), data...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

// header is the beginning of a PNG of some size.
func header(w, h uint32) []byte {
	b := binary.BigEndian.AppendUint32(nil, w)
	b = binary.BigEndian.AppendUint32(b, h)
	return append([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", append(b, 8, 6, 0, 0, 0))...)
}

// isPhoto fails the test unless b is what Make makes, and returns the image.
func isPhoto(t testing.TB, b []byte) image.Image {
	t.Helper()
	img, err := jpeg.Decode(bytes.NewReader(b))
	ok(t, err)
	if img.Bounds() != image.Rect(0, 0, photo.Size, photo.Size) {
		t.Fatalf("the photo is %v", img.Bounds())
	}
	if len(b) > photo.Size*photo.Size {
		t.Fatalf("the photo has %d bytes", len(b))
	}
	return img
}

// shows fails the test unless an image shows the quarters in their places.
func shows(t testing.TB, what string, img image.Image, want func(x, y int) color.RGBA) {
	t.Helper()
	for _, at := range [][2]int{{40, 40}, {216, 40}, {40, 216}, {216, 216}} {
		r, g, b, _ := img.At(at[0], at[1]).RGBA()
		w := want(at[0], at[1])
		if far(r, w.R) || far(g, w.G) || far(b, w.B) {
			t.Errorf("%s: at %v is %d %d %d, want %v", what, at, r>>8, g>>8, b>>8, w)
		}
	}
}

func far(got uint32, want uint8) bool {
	d := int(got>>8) - int(want)
	return d > 24 || d < -24
}

func upright(x, y int) color.RGBA { return quarters(x, y, photo.Size, photo.Size) }
