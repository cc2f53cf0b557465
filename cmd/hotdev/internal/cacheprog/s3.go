package cacheprog

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// unsigned stands for the hash of a body that the signature leaves out (S3's API
// reference, "Authenticating Requests: Using the Authorization Header"). Readers
// check what they get by themselves.
const unsigned = "UNSIGNED-PAYLOAD"

// bucket returns the store at s3://bucket/prefix, of Amazon S3 or of a service that
// speaks the same protocol. Where that is and who asks is taken from the variables
// that Amazon's own tools know: AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL, AWS_REGION
// or AWS_DEFAULT_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and
// AWS_SESSION_TOKEN. Without a key, requests are anonymous.
func bucket(u *url.URL, getenv func(string) string) (Store, error) {
	region := cmp.Or(getenv("AWS_REGION"), getenv("AWS_DEFAULT_REGION"), "us-east-1")
	endpoint := cmp.Or(getenv("AWS_ENDPOINT_URL_S3"), getenv("AWS_ENDPOINT_URL"), "https://s3."+region+".amazonaws.com")
	at, err := url.Parse(endpoint)
	if err != nil || at.Host == "" || at.Scheme != "http" && at.Scheme != "https" {
		return nil, fmt.Errorf("the endpoint %q of the store %s is no http or https URL: see AWS_ENDPOINT_URL_S3 and AWS_ENDPOINT_URL", endpoint, u.Redacted())
	}
	key := aws.Credentials{
		AccessKeyID:     getenv("AWS_ACCESS_KEY_ID"),
		SecretAccessKey: getenv("AWS_SECRET_ACCESS_KEY"),
		SessionToken:    getenv("AWS_SESSION_TOKEN"),
	}
	if (key.AccessKeyID == "") != (key.SecretAccessKey == "") {
		return nil, fmt.Errorf("the store %s needs both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or neither", u.Redacted())
	}
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }) // as S3 has it
	return newWeb(at.JoinPath(u.Host, u.Path), func(r *http.Request) error {
		if key.AccessKeyID == "" {
			return nil
		}
		r.Header.Set("X-Amz-Content-Sha256", unsigned)
		return signer.SignHTTP(r.Context(), key, r, unsigned, "s3", region, time.Now())
	}), nil
}
