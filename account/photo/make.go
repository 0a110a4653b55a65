package photo

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"

	"golang.org/x/image/draw"

	"madang/account"
)

// Bounds of what is taken, and what is made of it.
const (
	MaxUpload = 1024 << 10  // bytes of a file: Jetstream's 1024 kilobytes
	MaxSide   = 8192        // pixels of a side of an image
	MaxPixels = 4096 * 3072 // of an image: a camera's 12 megapixels. The worst file needs about 15 bytes for each
	Size      = 256         // pixels of a side of a photo
	maxScans  = 100         // of a JPEG. A progressive one has about ten; each costs as much as the image has pixels, and may have 30 bytes
	quality   = 85          // of its JPEG
	pngMagic  = "\x89PNG\r\n\x1a\n"
	jpegMagic = "\xff\xd8\xff"
)

// The errors of an upload that is refused, to be asked for with errors.Is.
var (
	// ErrTooLarge says that the file has more than MaxUpload bytes.
	ErrTooLarge = fmt.Errorf("photo: the file is too large: %w", account.ErrInvalid)
	// ErrPixels says that the image has more pixels than are decoded.
	ErrPixels = fmt.Errorf("photo: the image has too many pixels: %w", account.ErrInvalid)
	// ErrFormat says that the file is no JPEG or PNG, or a broken one.
	ErrFormat = fmt.Errorf("photo: the file is no JPEG or PNG, or is broken: %w", account.ErrInvalid)
)

// Make makes a photo of an upload: a JPEG of Size by Size pixels, of the middle of the image as a camera says it is held.
// Where the image is transparent the photo is white.
func Make(upload []byte) ([]byte, error) {
	if len(upload) > MaxUpload {
		return nil, fmt.Errorf("%d bytes, at most %d are allowed: %w", len(upload), MaxUpload, ErrTooLarge)
	}
	img, turn, err := decode(upload)
	if err != nil {
		return nil, err
	}
	small := image.NewRGBA(image.Rect(0, 0, Size, Size))
	draw.Draw(small, small.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.CatmullRom.Scale(small, small.Bounds(), img, middle(img.Bounds()), draw.Over, nil)
	var out bytes.Buffer
	if err := jpeg.Encode(&out, turned(small, turn), &jpeg.Options{Quality: quality}); err != nil {
		return nil, fmt.Errorf("photo: encode: %w", err)
	}
	return out.Bytes(), nil
}

// decode returns the image of a file, and how it must be turned. It asks the decoders themselves, not package image, so that
// no format is taken because some other package knows it.
func decode(b []byte) (image.Image, orientation, error) {
	size, full, turn := png.DecodeConfig, png.Decode, upright
	switch {
	case bytes.HasPrefix(b, []byte(pngMagic)):
	case bytes.HasPrefix(b, []byte(jpegMagic)):
		size, full, turn = jpeg.DecodeConfig, jpeg.Decode, orientationOf(b)
	default:
		return nil, 0, fmt.Errorf("its beginning is neither's: %w", ErrFormat)
	}
	c, err := size(bytes.NewReader(b))
	if err != nil {
		return nil, 0, fmt.Errorf("%w: header: %w", ErrFormat, err)
	}
	if c.Width < 1 || c.Height < 1 {
		return nil, 0, fmt.Errorf("%d by %d pixels: %w", c.Width, c.Height, ErrFormat)
	}
	if c.Width > MaxSide || c.Height > MaxSide || c.Width*c.Height > MaxPixels {
		return nil, 0, fmt.Errorf("%d by %d pixels, at most %d, and %d on a side, are allowed: %w", c.Width, c.Height, MaxPixels, MaxSide, ErrPixels)
	}
	if bytes.Count(b, []byte("\xff\xda")) > maxScans && !bytes.HasPrefix(b, []byte(pngMagic)) {
		return nil, 0, fmt.Errorf("more than %d scans: %w", maxScans, ErrFormat)
	}
	img, err := full(bytes.NewReader(b))
	if err != nil {
		return nil, 0, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return img, turn, nil
}

// middle returns the largest square in the middle of a rectangle.
func middle(r image.Rectangle) image.Rectangle {
	side := min(r.Dx(), r.Dy())
	at := r.Min.Add(image.Pt((r.Dx()-side)/2, (r.Dy()-side)/2))
	return image.Rectangle{Min: at, Max: at.Add(image.Pt(side, side))}
}
