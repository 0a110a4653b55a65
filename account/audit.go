package account

import "time"

// An Act is a kind of event that matters for security.
type Act string

// Acts. The names are stored, and shown to operators.
const (
	ActRegistered      Act = "registered"
	ActSignedIn        Act = "signed_in"
	ActRefused         Act = "sign_in_refused"
	ActChallenged      Act = "challenged" // the password was right, and the second factor is asked for
	ActSignedOut       Act = "signed_out"
	ActEnded           Act = "sign_in_ended" // by the person or an operator, elsewhere
	ActRefreshed       Act = "refreshed"
	ActReused          Act = "token_reused" // a token that had been exchanged before was shown again
	ActVerified        Act = "email_verified"
	ActResetRequested  Act = "password_reset_requested"
	ActReset           Act = "password_reset"
	ActPasswordChanged Act = "password_changed"
	ActConfirmed       Act = "password_confirmed"
	ActProfileChanged  Act = "profile_changed"
	ActFactorOn        Act = "two_factor_enabled"
	ActFactorConfirmed Act = "two_factor_confirmed"
	ActFactorOff       Act = "two_factor_disabled"
	ActRecoveryUsed    Act = "recovery_code_used"
	ActRecoveryNew     Act = "recovery_codes_made"
	ActTokenMade       Act = "api_token_made"
	ActTokenChanged    Act = "api_token_changed"
	ActTokenEnded      Act = "api_token_ended"
	ActRolesChanged    Act = "roles_changed"
	ActDisabled        Act = "disabled"
	ActEnabled         Act = "enabled"
	ActDeleted         Act = "deleted"
)

// An AuditEntry says what happened, to whom, and from where. It has no secrets in it.
type AuditEntry struct {
	ID     int64 // given by the Store; grows
	At     time.Time
	App    string
	Person int64  // 0: nobody that is known
	By     string // who did it, if not the person: the name of an operator's command, or a user's id
	Act    Act
	Client Client
	Detail string // a short text, such as the address that was tried
}
