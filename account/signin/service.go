package signin

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"madang/account"
	"madang/account/limit"
	"madang/account/password"
	"madang/account/seal"
	"madang/account/signin/mails"
	"madang/account/words"
	"madang/mail"
)

// A Hasher hashes and checks passwords, as password.Hasher does.
type Hasher interface {
	Hash(ctx context.Context, password string) (string, error)
	Verify(ctx context.Context, hash, password string) (ok, replace bool, err error)
	Pretend(ctx context.Context, password string) error
}

var _ Hasher = (*password.Hasher)(nil)

// Parts are what a Service works with. Those without a default are required. All are used by many at once.
type Parts struct {
	Store   account.Store
	Hasher  Hasher
	Box     *seal.Box // for second factors
	Limiter *limit.Limiter
	Mail    mail.Sender
	Mails   *mails.Set
	// Ended is told what has ended, so that its connections can be closed; nil: nobody is. A session whose id changes has
	// ended under its old one: its connections come back with the new.
	Ended func(context.Context, account.Ended)
	// Gone is told who was disabled or, if there is no such person any more, deleted, after what they were signed in by has ended:
	// for what others have given them besides. Nil: nobody is.
	Gone   func(ctx context.Context, person int64, deleted bool)
	Now    func() time.Time // nil: the system's clock
	Random io.Reader        // nil: the system's randomness
	Log    *slog.Logger     // nil: slog.Default()
}

// A Service is the rules of one guard. Make it with [New]. It is safe for concurrent use.
type Service struct {
	config Config
	Parts
	jobs chan struct{} // one for each mail that is under way
}

// maxJobs is how many mails are under way at a time.
const maxJobs = 64

// New returns a Service.
func New(c Config, p Parts) (*Service, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("signin: %w", err)
	}
	if p.Store == nil || p.Hasher == nil || p.Box == nil || p.Limiter == nil || p.Mail == nil || p.Mails == nil {
		return nil, errors.New("signin: a store, a hasher, a box, a limiter, a sender of mails and mails are needed")
	}
	if p.Ended == nil {
		p.Ended = func(context.Context, account.Ended) {}
	}
	if p.Gone == nil {
		p.Gone = func(context.Context, int64, bool) {}
	}
	if p.Now == nil {
		p.Now = time.Now
	}
	if p.Random == nil {
		p.Random = rand.Reader
	}
	if p.Log == nil {
		p.Log = slog.Default()
	}
	return &Service{config: c, Parts: p, jobs: make(chan struct{}, maxJobs)}, nil
}

// Config returns the configuration.
func (s *Service) Config() Config { return s.config }

// From is who asks, and how they are spoken to. The address of the network is the one that limits count by, so it must not be
// taken from what the client says of itself.
type From struct {
	Client  account.Client
	Speaker words.Speaker
	Site    string // of Config.Sites, for links; any other: Config.URL
}

// A SignedIn is somebody, and what they are signed in by: one of the three, the others are zero.
type SignedIn struct {
	Person   account.Person
	Session  account.Session
	Family   account.Family
	APIToken account.APIToken
}

// secretSize is how long what is random is, in bytes.
const secretSize = 32

// secret returns something that nobody can guess, and the hash that is kept of it.
func (s *Service) secret() (text string, h account.Hash, err error) {
	b := make([]byte, secretSize)
	if _, err := io.ReadFull(s.Random, b); err != nil {
		return "", h, fmt.Errorf("signin: read random bytes: %w", err)
	}
	text = base64.RawURLEncoding.EncodeToString(b)
	return text, hash(text), nil
}

// maxSecret is the longest secret that is looked at, in bytes.
const maxSecret = 128

func hash(text string) account.Hash { return sha256.Sum256([]byte(text)) }

// maxAgent is how much is kept of the name of a browser, in bytes.
const maxAgent = 500

// client returns where somebody asks from, as it is kept.
func (f From) client() account.Client {
	clean := func(s string, most int) string {
		if len(s) > most {
			s = s[:most]
		}
		return strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\x00", "")
	}
	return account.Client{Address: clean(f.Client.Address, 64), UserAgent: clean(f.Client.UserAgent, maxAgent)}
}

// note adds to the audit log. That the log cannot be written stops nobody from signing in, but is loud.
func (s *Service) note(ctx context.Context, from From, person int64, act account.Act, detail string) {
	s.noteBy(ctx, "", from, person, act, detail)
}

func (s *Service) noteBy(ctx context.Context, by string, from From, person int64, act account.Act, detail string) {
	err := s.Store.Note(context.WithoutCancel(ctx), account.AuditEntry{
		At: s.Now(), App: s.config.App, Person: person, By: by, Act: act, Client: from.client(), Detail: detail,
	})
	if err != nil {
		s.Log.ErrorContext(ctx, "the audit log cannot be written", "act", string(act), "person", person, "error", err)
	}
}

// ended tells what has ended.
func (s *Service) ended(ctx context.Context, e account.Ended) {
	if len(e.Sessions)+len(e.Families)+len(e.APITokens) > 0 {
		s.Ended(context.WithoutCancel(ctx), e)
	}
}
