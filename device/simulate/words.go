package simulate

import "strings"

// A Language is one in which a Terminal speaks.
type Language string

// Languages.
const (
	English Language = "en"
	Korean  Language = "ko"
)

// LanguageOf returns the language that an environment ("LANG=ko_KR.UTF-8") asks for, as POSIX has it: LC_ALL, LC_MESSAGES, LANG,
// the first that says something.
func LanguageOf(env []string) Language {
	for _, name := range []string{"LC_ALL=", "LC_MESSAGES=", "LANG="} {
		for _, e := range env {
			if value, ok := strings.CutPrefix(e, name); ok && value != "" {
				if strings.HasPrefix(value, "ko") {
					return Korean
				}
				return English
			}
		}
	}
	return English
}

// words are what a Terminal says.
type words struct {
	title, pair, enter, command, keys           string
	box, ask                                    string // in the box itself
	connected, lost, keptOut, again             string
	asks, cleared, failed, withdrawn, redeemed  string
	alarm, pressed, done, refused, late, doorUp string
}

func (l Language) words() words {
	if l == Korean {
		return words{
			title: "모의 집 · 기기 열 대 · 허브 %s", pair: "브라우저에서 %s 를 열고 로그인하세요.",
			enter: "일련번호 %s 로 집을 추가하면 인증코드가 여기에 나타납니다. 그 코드를 입력하세요.",
			box:   "이 서버가 곧 집 안의 박스입니다. 박스의 화면은 %s 입니다.",
			ask:   "브라우저에서 %s 를 열고 인증코드를 요청하세요. 코드는 여기에도 나타납니다.", command: "전등을 켜 보세요. 일어나는 일이 아래에 보입니다.",
			keys: "Enter: 박스의 버튼 누르기 · Ctrl+C: 멈추기", connected: "연결되었습니다", lost: "연결이 끊겼습니다 (%v). %v 뒤에 다시 시도합니다. 집은 그대로 돌아갑니다.",
			keptOut: "서버가 이 허브를 받아들이지 않습니다. 일련번호와 비밀 키를 확인하세요 (%v). %v 뒤에 다시 시도합니다.",
			asks:    "%s 님이 요청했습니다 (%s). %v 동안 쓸 수 있습니다.", redeemed: "인증되었습니다", failed: "코드를 여러 번 틀려 폐기했습니다",
			withdrawn: "코드를 취소했습니다", cleared: "코드가 만료되었습니다", alarm: "경고: 코드를 여러 번 틀렸습니다. 집 안에서 버튼(Enter)을 누를 때까지 잠깁니다.",
			pressed: "버튼을 눌렀습니다", done: "완료", refused: "거절: %s", late: "너무 늦어 실행하지 않음", doorUp: "문이 열려 있습니다.", again: "누군가",
		}
	}
	return words{
		title: "Simulated home · ten devices · hub %s", pair: "Open %s in a browser and sign in.",
		enter: "Add a home with the serial %s: a code will appear here. Type it there.",
		box:   "This server is the box at home. Its screen is %s .",
		ask:   "Open %s in a browser and ask for a code: it appears here, too.", command: "Switch a lamp on. What happens is shown below.",
		keys: "Enter: press the button on the box · Ctrl+C: stop", connected: "connected", lost: "no connection (%v); next try in %v. The house goes on.",
		keptOut: "the server does not let this hub in; check the serial and the secret (%v). Next try in %v.",
		asks:    "%s asks, from %s. Good for %v.", redeemed: "paired", failed: "the code is destroyed after too many wrong tries",
		withdrawn: "the code was withdrawn", cleared: "the code has expired", alarm: "alarm: too many wrong codes. Locked until somebody in the house presses the button (Enter).",
		pressed: "the button was pressed", done: "done", refused: "refused: %s", late: "too late, not carried out", doorUp: "The door is open.", again: "somebody",
	}
}

// House returns what the house is called.
func (l Language) House() string {
	if l == Korean {
		return "모의 집"
	}
	return "Simulated home"
}

// Name returns what a device is called.
func (l Language) Name(id string) string {
	names := map[string]string{
		lamp: "Living-room lamp", kitchen: "Kitchen lamp", bedroom: "Bedroom lamp", plug: "Plug", heating: "Heating", frontDoor: "Front-door lock",
		blinds: "Blinds", terrace: "Terrace sensor", door: "Front door", motion: "Motion sensor",
	}
	if l == Korean {
		names = map[string]string{
			lamp: "거실 조명", kitchen: "주방 조명", bedroom: "침실 조명", plug: "콘센트", heating: "난방", frontDoor: "현관 도어록",
			blinds: "블라인드", terrace: "테라스 센서", door: "현관문", motion: "움직임 센서",
		}
	}
	if name, ok := names[id]; ok {
		return name
	}
	return id
}
