package photo

import (
	"bytes"
	"encoding/binary"
	"image"
)

// An orientation says how a camera was held: where the first row and the first column of its image are to be seen. See the
// tag Orientation in Exif 2.32, section 4.6.4 A.
type orientation uint16

// Orientations, by where the first row is and where the first column is.
const (
	upright       orientation = 1 // top, left
	mirrored      orientation = 2 // top, right
	upsideDown    orientation = 3 // bottom, right
	flipped       orientation = 4 // bottom, left
	transposed    orientation = 5 // left, top
	turnedLeft    orientation = 6 // right, top: to be turned clockwise
	transverse    orientation = 7 // right, bottom
	turnedRight   orientation = 8 // left, bottom: to be turned counterclockwise
	orientationID             = 0x0112
)

// turned returns a square image as it is to be seen.
func turned(src *image.RGBA, o orientation) *image.RGBA {
	if o == upright {
		return src
	}
	n := src.Bounds().Dx() - 1
	dst := image.NewRGBA(src.Bounds())
	for y := range n + 1 {
		for x := range n + 1 {
			dst.SetRGBA(x, y, src.RGBAAt(o.from(x, y, n)))
		}
	}
	return dst
}

// from returns which pixel of the image is to be seen at a place; n is the largest coordinate.
func (o orientation) from(x, y, n int) (int, int) {
	switch o {
	case mirrored:
		return n - x, y
	case upsideDown:
		return n - x, n - y
	case flipped:
		return x, n - y
	case transposed:
		return y, x
	case turnedLeft:
		return y, n - x
	case transverse:
		return n - y, n - x
	case turnedRight:
		return n - y, x
	}
	return x, y
}

// orientationOf returns what a JPEG file says of how the camera was held; upright if it says nothing that can be read. It
// goes through the segments before the image (ITU-T T.81, annex B.1.1.4) to the first with Exif.
func orientationOf(b []byte) orientation {
	for b = b[2:]; len(b) >= 4 && b[0] == 0xff; {
		marker := b[1]
		if marker == 0xff { // fill byte
			b = b[1:]
			continue
		}
		size := int(binary.BigEndian.Uint16(b[2:]))
		if marker == 0xda || marker == 0xd9 || size < 2 || size+2 > len(b) {
			break
		}
		if tiff, ok := bytes.CutPrefix(b[4:2+size], []byte("Exif\x00\x00")); ok && marker == 0xe1 {
			return tiffOrientation(tiff)
		}
		b = b[2+size:]
	}
	return upright
}

// tiffOrientation looks for the orientation in the first directory of a TIFF structure (TIFF 6.0, section 2).
func tiffOrientation(b []byte) orientation {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(b, []byte("II*\x00")):
		order = binary.LittleEndian
	case bytes.HasPrefix(b, []byte("MM\x00*")):
		order = binary.BigEndian
	default:
		return upright
	}
	if len(b) < 8 {
		return upright
	}
	at := uint64(order.Uint32(b[4:]))
	if at+2 > uint64(len(b)) {
		return upright
	}
	count, entries := int(order.Uint16(b[at:])), b[at+2:]
	const entry, short = 12, 3
	for i := 0; i < count && len(entries) >= entry; i++ {
		if order.Uint16(entries) == orientationID {
			o := orientation(order.Uint16(entries[8:]))
			if order.Uint16(entries[2:]) != short || order.Uint32(entries[4:]) != 1 || o < upright || o > turnedRight {
				return upright
			}
			return o
		}
		entries = entries[entry:]
	}
	return upright
}
