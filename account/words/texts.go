package words

// A Key is one thing to say.
type Key string

// Keys. Those with a dot are called as in Laravel's language files.
const (
	Invalid       Key = "invalid" // the message of Laravel 8 for whatever is wrong
	MoreError     Key = "more error"
	MoreErrors    Key = "more errors"
	Required      Key = "validation.required"
	String        Key = "validation.string"
	Integer       Key = "validation.integer"
	Array         Key = "validation.array"
	Email         Key = "validation.email"
	MaxString     Key = "validation.max.string"
	MinString     Key = "validation.min.string"
	MaxFile       Key = "validation.max.file"
	Mimes         Key = "validation.mimes"
	Confirmed     Key = "validation.confirmed"
	Unique        Key = "validation.unique"
	Accepted      Key = "validation.accepted"
	Failed        Key = "auth.failed"
	Throttle      Key = "auth.throttle"
	Reset         Key = "passwords.reset"
	Sent          Key = "passwords.sent"
	Throttled     Key = "passwords.throttled"
	Token         Key = "passwords.token"
	User          Key = "passwords.user"
	Current       Key = "current password"
	Incorrect     Key = "password incorrect"
	NotConfirmed  Key = "password not confirmed"
	TwoFactorCode Key = "two factor code"
	RecoveryCode  Key = "recovery code"
	Confirm       Key = "password confirmation required"
)

// A text is what is said for one Key.
type text struct {
	now string // English, Laravel 10 and later
	old string // English, Laravel 8; empty: the same
	ko  string
}

func texts() map[Key]text {
	return map[Key]text{
		Invalid:    {now: "The given data was invalid.", ko: "입력한 내용을 다시 확인해 주세요."},
		MoreError:  {now: "(and :count more error)", ko: "(외 :count건)"},
		MoreErrors: {now: "(and :count more errors)", ko: "(외 :count건)"},
		Required:   {now: "The :attribute field is required.", ko: ":attribute을(를) 입력해 주세요."},
		String: {now: "The :attribute field must be a string.", old: "The :attribute must be a string.",
			ko: ":attribute은(는) 글자로 입력해 주세요."},
		Integer: {now: "The :attribute field must be an integer.", old: "The :attribute must be an integer.",
			ko: ":attribute은(는) 정수로 입력해 주세요."},
		Array: {now: "The :attribute field must be an array.", old: "The :attribute must be an array.",
			ko: ":attribute은(는) 목록으로 입력해 주세요."},
		Email: {now: "The :attribute field must be a valid email address.", old: "The :attribute must be a valid email address.",
			ko: ":attribute이(가) 올바른 이메일 주소가 아닙니다."},
		MaxString: {now: "The :attribute field must not be greater than :max characters.", old: "The :attribute must not be greater than :max characters.",
			ko: ":attribute은(는) :max자까지 입력할 수 있습니다."},
		MinString: {now: "The :attribute field must be at least :min characters.", old: "The :attribute must be at least :min characters.",
			ko: ":attribute은(는) :min자 이상이어야 합니다."},
		MaxFile: {now: "The :attribute field must not be greater than :max kilobytes.", old: "The :attribute must not be greater than :max kilobytes.",
			ko: ":attribute은(는) :maxKB까지 올릴 수 있습니다."},
		Mimes: {now: "The :attribute field must be a file of type: :values.", old: "The :attribute must be a file of type: :values.",
			ko: ":attribute은(는) :values 파일이어야 합니다."},
		Confirmed: {now: "The :attribute field confirmation does not match.", old: "The :attribute confirmation does not match.",
			ko: ":attribute이(가) 서로 다릅니다."},
		Unique: {now: "The :attribute has already been taken.", ko: "이미 사용 중인 :attribute입니다."},
		Accepted: {now: "The :attribute field must be accepted.", old: "The :attribute must be accepted.",
			ko: ":attribute에 동의해 주세요."},
		Failed: {now: "These credentials do not match our records.", ko: "이메일이나 비밀번호가 맞지 않습니다."},
		Throttle: {now: "Too many login attempts. Please try again in :seconds seconds.",
			ko: "로그인을 너무 여러 번 시도했습니다. :seconds초 뒤에 다시 해 주세요."},
		Reset: {now: "Your password has been reset.", old: "Your password has been reset!", ko: "비밀번호를 새로 정했습니다."},
		Sent: {now: "We have emailed your password reset link.", old: "We have emailed your password reset link!",
			ko: "비밀번호를 다시 정하는 링크를 이메일로 보냈습니다."},
		Throttled:     {now: "Please wait before retrying.", ko: "잠시 뒤에 다시 해 주세요."},
		Token:         {now: "This password reset token is invalid.", ko: "비밀번호를 다시 정하는 링크가 올바르지 않거나 이미 쓰였습니다."},
		User:          {now: "We can't find a user with that email address.", ko: "이 이메일을 쓰는 사람이 없습니다."},
		Current:       {now: "The provided password does not match your current password.", ko: "지금 쓰는 비밀번호가 아닙니다."},
		Incorrect:     {now: "The password is incorrect.", ko: "비밀번호가 맞지 않습니다."},
		NotConfirmed:  {now: "The provided password was incorrect.", ko: "비밀번호가 맞지 않습니다."},
		TwoFactorCode: {now: "The provided two factor authentication code was invalid.", ko: "인증 코드가 맞지 않습니다."},
		RecoveryCode:  {now: "The provided two factor recovery code was invalid.", ko: "복구 코드가 맞지 않습니다."},
		Confirm:       {now: "Password confirmation required.", ko: "비밀번호를 다시 확인해 주세요."},
	}
}

// fields are what forms' fields are called in Korean.
func fields() map[string]string {
	return map[string]string{
		"name": "이름", "email": "이메일", "password": "비밀번호", "password_confirmation": "비밀번호 확인", "current_password": "현재 비밀번호",
		"terms": "이용 약관", "photo": "사진", "code": "인증 코드", "recovery_code": "복구 코드", "token": "토큰",
	}
}
