package cacheprog

import (
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// service is as much of S3 as a store needs: objects by path, and a signature by
// the right key on each request.
type service struct {
	t       *testing.T
	key     aws.Credentials
	mu      sync.Mutex
	objects map[string]string
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.signed(r) {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Method == http.MethodPut {
		body, err := io.ReadAll(r.Body)
		if err != nil || int64(len(body)) != r.ContentLength {
			s.t.Errorf("%s has %d bytes of %d, %v", r.URL, len(body), r.ContentLength, err)
		}
		s.objects[r.URL.Path] = string(body)
		return
	}
	object, ok := s.objects[r.URL.Path]
	if !ok {
		w.WriteHeader(http.StatusNotFound)
	}
	_, _ = io.WriteString(w, object)
}

// signed reports whether signing the request with the key gives the signature that
// it has.
func (s *service) signed(r *http.Request) bool {
	when, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if err != nil || time.Since(when).Abs() > time.Minute {
		return false
	}
	again, err := http.NewRequestWithContext(r.Context(), r.Method, "http://"+r.Host+r.URL.RequestURI(), nil)
	if err != nil {
		return false
	}
	again.ContentLength = r.ContentLength
	hash := r.Header.Get("X-Amz-Content-Sha256")
	again.Header.Set("X-Amz-Content-Sha256", hash)
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
	err = signer.SignHTTP(r.Context(), s.key, again, hash, "s3", "eu-central-1", when)
	return err == nil && again.Header.Get("Authorization") == r.Header.Get("Authorization") &&
		again.Header.Get("X-Amz-Security-Token") == r.Header.Get("X-Amz-Security-Token")
}

// TestS3 holds what is asked of a service that speaks S3's protocol, and that a
// wrong key is an error, not an empty store.
func TestS3(t *testing.T) {
	t.Parallel()
	key := aws.Credentials{AccessKeyID: "AKEXAMPLE", SecretAccessKey: "secret", SessionToken: "session"}
	s := &service{t: t, key: key, objects: map[string]string{}}
	server := httptest.NewServer(s)
	defer server.Close()
	env := map[string]string{
		"AWS_ENDPOINT_URL": server.URL, "AWS_REGION": "eu-central-1",
		"AWS_ACCESS_KEY_ID": key.AccessKeyID, "AWS_SECRET_ACCESS_KEY": key.SecretAccessKey, "AWS_SESSION_TOKEN": key.SessionToken,
	}
	getenv := func(name string) string { return env[name] }
	store, err := Open("s3://team/go builds", getenv)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Get(t.Context(), "outputs/00/aa"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what is not there: %v", err)
	}
	for key, content := range map[string]string{"outputs/00/aa": "an archive", "actions/00/bb": ""} {
		if err := store.Put(t.Context(), key, int64(len(content)), strings.NewReader(content)); err != nil {
			t.Fatal(err)
		}
		body, err := store.Get(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(body)
		if body.Close(); err != nil || string(got) != content {
			t.Errorf("%s is %q, %v", key, got, err)
		}
	}
	s.mu.Lock()
	_, ok := s.objects["/team/go builds/outputs/00/aa"]
	s.mu.Unlock()
	if !ok {
		t.Errorf("the objects are not below the bucket and the prefix: %v", s.objects)
	}

	env["AWS_SECRET_ACCESS_KEY"] = "another"
	if store, err = Open("s3://team/go builds", getenv); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Get(t.Context(), "outputs/00/aa"); err == nil || isMiss(err) || !strings.Contains(err.Error(), "403") {
		t.Errorf("with a wrong key: %v", err)
	}
}

func TestS3Settings(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		env  map[string]string
		want string
	}{
		{map[string]string{"AWS_ENDPOINT_URL_S3": "minio.example:9000"}, "no http or https URL"},
		{map[string]string{"AWS_ACCESS_KEY_ID": "AK"}, "both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"},
	} {
		if _, err := Open("s3://team", func(name string) string { return c.env[name] }); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v", c.env, err)
		}
	}
}
