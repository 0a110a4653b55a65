// Ten devices of a home, so that the pages under development are not empty.

export const TEN = () => [
  { id: 'living-lamp', name: '거실 조명', capabilities: ['switch', 'dimmer'], reported: { on: true, level: 70 } },
  { id: 'kitchen-lamp', name: '주방 조명', capabilities: ['switch'], reported: { on: false } },
  { id: 'bedroom-lamp', name: '침실 조명', capabilities: ['switch'], reported: { on: false } },
  { id: 'plug', name: '거실 콘센트', capabilities: ['switch'], reported: { on: true, power: 42.5 } },
  { id: 'heating', name: '거실 난방', capabilities: ['thermostat'], reported: { target: 22, mode: 'heat', temperature: 20.5 } },
  { id: 'door-lock', name: '현관 도어록', capabilities: ['lock'], reported: { locked: true, battery: 82 } },
  { id: 'blinds', name: '거실 블라인드', capabilities: ['dimmer'], reported: { level: 35 } },
  { id: 'air', name: '침실 온습도', capabilities: ['sensor'], reported: { temperature: 21.3, humidity: 46 } },
  { id: 'door', name: '현관문', capabilities: ['sensor'], reported: { open: false, battery: 91 } },
  { id: 'motion', name: '복도 움직임', capabilities: ['sensor'], reported: { motion: true } },
]

/** A home of two people, and a hub that nobody has paired with. */
export function cottage(homes, owner, other) {
  const hub = homes.addHub('MD-2041', '우리 집 월패드', TEN())
  const place = homes.addPlace('연남동 우리 집', owner)
  if (other) homes.addMember(place, other)
  hub.place = place.id
  homes.addHub('MD-7300', '새 월패드', TEN().slice(0, 3))
  return { hub, place }
}
