// A few people who have already talked, so that the page under development is not empty.

const MINUTE = 60_000

export function village(store) {
  const sora = store.addUser('윤소라', 'sora')
  const jiho = store.addUser('강지호', 'jiho')
  const minseo = store.addUser('박민서', 'minseo')
  const emma = store.addUser('Emma Lind', 'emma')
  const dohyun = store.addUser('최도현', 'dohyun')
  const ago = (minutes) => new Date(Date.now() - minutes * MINUTE)
  jiho.last_seen = ago(14).toISOString()
  dohyun.last_seen = ago(60 * 26).toISOString()

  const talk = (room, from, lines) => {
    let at = from
    for (const [who, text, gap = 1] of lines) {
      store.post(room, who.id, text, undefined, ago((at -= gap)))
    }
  }
  const everyoneRead = (room, seq) => {
    for (const member of room.members.values()) member.read_seq = seq
  }

  const garden = store.addRoom(sora.id, '마당 가꾸는 사람들', 'public')
  for (const user of [jiho, minseo, emma, dohyun]) store.addMember(garden, user.id)
  const earlier = Array.from({ length: 90 }, (_, n) => [[sora, jiho, minseo, emma][n % 4], `${n + 1}번째 이야기: 올해 텃밭 기록을 하나씩 옮겨 적고 있어요.`])
  talk(garden, 60 * 24 * 3, earlier)
  talk(garden, 60 * 25, [
    [minseo, '감나무 가지치기는 언제가 좋을까요?'],
    [dohyun, '잎이 다 지고 나서요. 보통 12월 초에 합니다.', 4],
    [dohyun, '마른 가지부터 하시면 돼요'],
  ])
  talk(garden, 52, [
    [jiho, '오늘 볕이 좋아서 장독을 다 닦아 두었어요.', 1],
    [jiho, '뚜껑 하나가 금이 갔는데, 혹시 남는 것 있으신 분 계세요?'],
    [sora, '저희 집에 두 개 남아요! 저녁에 가져다 드릴게요.', 3],
    [emma, 'That is so kind. I can bring the ladder back at the same time.', 6],
    [sora, '네, 그럼 여섯 시에 대문 앞에서 봬요.\n천천히 오셔도 됩니다.', 2],
  ])
  everyoneRead(garden, garden.messages.length)
  garden.members.get(jiho.id).read_seq -= 1
  garden.members.get(dohyun.id).read_seq -= 4
  garden.members.get(sora.id).read_seq = garden.messages.length
  talk(garden, 12, [
    [minseo, '저도 갈게요. 국화차 우려 갈게요', 2],
    [minseo, '따뜻하게 입고 오세요. 해가 지면 금방 추워져요.'],
  ])

  const office = store.addRoom(jiho.id, '개발 회의', 'private')
  for (const user of [sora, emma]) store.addMember(office, user.id)
  talk(office, 60 * 5, [
    [emma, 'The release notes are ready for review.'],
    [jiho, '고맙습니다. 오후 회의에서 같이 볼게요.', 20],
    [sora, '확인했습니다. 두 군데만 고치면 될 것 같아요.', 9],
  ])
  everyoneRead(office, office.messages.length)

  const { room: pair } = store.direct(sora.id, minseo.id)
  talk(pair, 60 * 20, [[sora, '책은 잘 받았어?'], [minseo, '응! 주말에 다 읽을 것 같아. 정말 고마워.', 30]])
  everyoneRead(pair, 2)
  const { room: other } = store.direct(sora.id, jiho.id)
  talk(other, 34, [[jiho, '내일 아침 산책 같이 가실래요?']])
  const guide = store.addRoom(emma.id, '처음 오신 분들', 'public')
  store.addMember(guide, sora.id)
  talk(guide, 60 * 24 * 6, [[emma, '어서 오세요. 편한 자리에 앉으세요.']])
  everyoneRead(guide, 1)

  const reading = store.addRoom(minseo.id, '느리게 읽는 모임', 'public')
  store.addMember(reading, dohyun.id)
  store.addRoom(dohyun.id, '동네 자전거', 'public')
}
