package standard

import (
	"cmp"
	"context"
	"path/filepath"
	"sync"

	"madang/blob"
	"madang/blob/dir"
	"madang/server"
)

// BlobConfig says where files are kept that people give, such as photos.
type BlobConfig struct {
	// Dir is the folder. Empty: blob in the data directory.
	Dir string `yaml:"dir"`
}

func blobDefaults() BlobConfig { return BlobConfig{} }

// blobsBesideData puts the files into the data directory unless they are told another place.
func blobsBesideData(base *server.Config, c *BlobConfig) error {
	c.Dir = cmp.Or(c.Dir, filepath.Join(base.DataDir, "blob"))
	return nil
}

// blobs opens the folder when somebody has something to keep: most servers have not.
type blobs struct {
	folder string

	mu     sync.Mutex
	opened *dir.Store
}

func openBlobs(_ context.Context, _ *server.Site, c BlobConfig) (*blobs, error) {
	return &blobs{folder: c.Dir}, nil
}

// Store returns the files.
func (b *blobs) Store() (blob.Store, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.opened == nil {
		s, err := dir.Open(b.folder)
		if err != nil {
			return nil, err
		}
		b.opened = s
	}
	return b.opened, nil
}

// Close implements io.Closer.
func (b *blobs) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.opened == nil {
		return nil
	}
	return b.opened.Close()
}
