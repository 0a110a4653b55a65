// What the page says, in Korean and English. Refusals of the back end have a word each.

const words = {
  ko: {
    title: "마당", subtitle: "Ably 예제", language: "English",
    welcome: "어서 오세요", invite: "다른 브라우저나 시크릿 창에서 다른 사람으로도 들어와 보세요.",
    email: "이메일", password: "비밀번호 (8자 이상)", name: "이름", login: "로그인", signUp: "가입하기", logout: "로그아웃",
    toSignUp: "처음이신가요? 가입하기", toLogin: "이미 가입했어요",
    rooms: "대화방", roomName: "새 대화방 이름", create: "만들기", noRooms: "아직 대화방이 없습니다. 하나 만들어 보세요.",
    choose: "대화방을 골라 주세요", talk: "대화", message: "메시지를 입력하세요", send: "보내기", quiet: "아직 아무 말도 없습니다. 먼저 인사를 건네 보세요.",
    library: "라이브러리", renewed: "토큰 갱신", times: (n) => `${n}번`,
    connected: "연결됨", connecting: "연결하는 중…", initialized: "연결하는 중…", disconnected: "다시 연결하는 중…",
    suspended: "서버에 닿지 않습니다. 다시 연결하는 중…", failed: "연결이 끝났습니다", closing: "연결을 닫는 중…", closed: "연결이 닫혔습니다",
    ended: (why) => `실시간 서버가 연결을 끝냈습니다: ${why}`, again: "다시 로그인하기",
    refusals: {
      taken: "이미 가입된 이메일입니다. 로그인해 주세요.", login: "이메일이나 비밀번호가 맞지 않습니다.",
      email: "이메일 주소를 확인해 주세요.", password: "비밀번호는 8자 이상이어야 합니다.", name: "이름을 적어 주세요.",
      room: "대화방 이름을 적어 주세요.", text: "메시지를 적어 주세요.", missing: "대화방이 없습니다.",
      session: "로그인이 끝났습니다. 다시 로그인해 주세요.", token: "로그인이 끝났습니다. 다시 로그인해 주세요.",
      realtime: "실시간 서버에 닿지 않습니다. 잠시 뒤에 다시 해 주세요.", away: "서버에 닿지 않습니다. 잠시 뒤에 다시 해 주세요.",
    },
  },
  en: {
    title: "Madang", subtitle: "Ably example", language: "한국어",
    welcome: "Welcome", invite: "Come in as somebody else too, in another browser or a private window.",
    email: "Email", password: "Password (8 characters or more)", name: "Name", login: "Log in", signUp: "Sign up", logout: "Log out",
    toSignUp: "New here? Sign up", toLogin: "I have an account",
    rooms: "Rooms", roomName: "New room", create: "Create", noRooms: "There are no rooms yet. Create the first one.",
    choose: "Choose a room", talk: "Conversation", message: "Write a message", send: "Send", quiet: "Nobody has said anything yet. Say hello.",
    library: "Library", renewed: "Token renewed", times: (n) => (n === 1 ? "once" : `${n} times`),
    connected: "Connected", connecting: "Connecting…", initialized: "Connecting…", disconnected: "Reconnecting…",
    suspended: "The server cannot be reached. Reconnecting…", failed: "The connection has ended", closing: "Closing…", closed: "Closed",
    ended: (why) => `The realtime server has ended the connection: ${why}`, again: "Log in again",
    refusals: {
      taken: "This address has an account already. Log in instead.", login: "Email or password is wrong.",
      email: "Check the email address.", password: "A password has at least 8 characters.", name: "What is your name?",
      room: "What shall the room be called?", text: "Write something first.", missing: "There is no such room.",
      session: "Your login has ended. Log in again.", token: "Your login has ended. Log in again.",
      realtime: "The realtime server cannot be reached. Try again in a moment.", away: "The server cannot be reached. Try again in a moment.",
    },
  },
};

const asked = new URLSearchParams(location.search).get("lang") ?? localStorage.getItem("lang") ?? navigator.language;
export let language = asked.startsWith("ko") ? "ko" : "en";

export const word = (name) => words[language][name];
export const refusal = (name) => words[language].refusals[name] ?? words[language].refusals.away;

/** Changes the language, and puts its words where the page wants them. */
export function speak(next = language) {
  language = next;
  document.documentElement.lang = next;
  document.title = `${word("title")} · ${word("subtitle")}`;
  for (const one of document.querySelectorAll("[data-word]")) one.textContent = word(one.dataset.word);
  for (const one of document.querySelectorAll("[data-placeholder]")) one.placeholder = word(one.dataset.placeholder);
  for (const one of document.querySelectorAll("[data-label]")) one.ariaLabel = word(one.dataset.label);
}
