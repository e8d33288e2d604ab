/**
 * What can be wrong with a field, in the API's words: one closed list, published in the OpenAPI document. The code is
 * stable and the words are not; `<name>` is a value of the fault's own. A fault without a code says something that is
 * rare, or that a person who writes programs reads.
 */
export const FAULTS = {
  // Of any field
  required: 'is required',
  unknown_field: 'is not a known field',
  wrong_type: 'is not of the kind that belongs here',
  wrong_form: 'is not written as it should be',
  not_email: 'is no e-mail address',
  not_one_of: 'must be one of <values>',
  blank: 'must not be blank',
  too_short: 'must have at least <least> characters',
  too_long: 'must have at most <most> characters',
  too_few: 'must have at least <least> entries',
  too_many: 'must have at most <most> entries',
  below_least: 'must be at least <least>',
  above_most: 'must be at most <most>',
  not_one_line: 'must be one line of visible text',
  hidden_character: "holds <character>, which can't be seen or changes how the rest is seen",
  piled_marks: 'piles up combining marks, the first <character>',
  not_composed: 'is not in Unicode normal form C from <character> on',
  semicolon: 'must not hold a semicolon',
  named_twice: 'is named twice',
  same_as: 'is that of <other> too',
  not_language: 'is no BCP 47 language tag',

  // Of what is written for an alert
  required_at_submit: 'is required at submit',
  required_at_submit_actual: 'is required at submit where status is Actual',
  no_recipients: 'names no area and no group: it would reach nobody',
  floor_above_ceiling: 'is above maxRecipients',
  restriction_required: 'is required where scope is Restricted',
  addresses_required: 'is required where scope is Private',
  roster_required: 'is required where status is <status>: the listed group of a drill',
  roster_of_actual: 'is for drills: an Actual alert goes to its areas and groups',
  says_no_drill: 'says "<words>", and it is <status>',
  in_the_past: 'is in the past',
  too_far_ahead: 'is more than <days> days ahead',
  not_after: 'is not after <other>',
  reserved_parameter: 'begins with tocsin:, as ours do',
  too_many_segments: 'takes <segments> segments (<alphabet>); <most> are allowed',
  same_language:
    'is the language of block <other> too, for the same areas: one would never be sent',
  user_in_link: 'has a link with a user name before its host',
  foreign_host_in_link: 'has a link whose host is not written in ASCII',
  link_elsewhere: 'has {link}: it leads nowhere but in the texts of an alert',
  link_outside_text: 'has {link}: it leads nowhere but in the text of an alert',
  link_nowhere: 'has {link}, and policy.linkUrl does not say where that leads',
  link_twice: 'has {link} more than once',
  public_to_groups: 'is Public: everybody can read it, though it goes to groups',
  no_text_in: 'has no text in <language>',
  not_prepared: 'is not prepared: it can not be sent in one step later',

  // Of what people may answer, and of what goes out by itself
  reminders_need_replies: 'need replies: nobody could answer the alert',
  needs_options: 'needs options: nobody could answer',
  replies_required: 'needs replies: nobody could answer',
  reminder_of_reminder: 'is of the alert itself: a reminder has none',
  not_typeable: 'has no letter or digit that a person could answer with',
  reserved_word: 'is a word by which people opt out or ask for help',
  tally_word: 'is what tallies call something else',
  answer_of_other: 'is an answer of option <other> too',
  not_one_word: 'must be one word of letters and digits',
  in_an_answer: 'stands in an answer of an option',
  quota_texts_required: 'needs replies.quotaTexts: what is answered once it is enough',
  no_quota: 'are for a quota, and no option has one',
  after_expiry: 'is after the alert has expired',
  count_or_percent: 'must name either count or percent',
  option_unused: 'means nothing where when is noReplyAbove',
  option_required: 'is required where when is <when>',
  unknown_option: 'is the code of none of the options',
  no_time_to_answer: 'leaves nobody time to answer',

  // Of ground
  empty_area: 'names no polygon, circle or geocode: it would reach nobody',
  combine_needs_both: 'takes a polygon or circle, and a geocode',
  no_radius: 'has a radius of 0: it reaches nobody',
  not_polygon: 'must be a GeoJSON Polygon or MultiPolygon',
  not_polygons: 'must be a list of polygons, at least one',
  not_rings: 'must be a list of rings, the shell first',
  not_positions: 'must be a list of positions',
  not_position: 'must be [longitude, latitude], two finite numbers',
  swapped: 'has a latitude past 90°: longitude and latitude look swapped, longitude comes first',
  swapped_ring:
    'has latitudes past 90°: longitude and latitude look swapped, longitude comes first',
  latitude_outside: 'has a latitude outside -90 to 90',
  longitude_outside: 'has a longitude outside -180 to 180',
  too_many_polygons: 'has <polygons> polygons; at most <most> are allowed',
  too_many_corners: 'has <corners> corners; at most <most> are allowed',
  too_many_corners_in_all: 'has <corners> corners in all; at most <most> are allowed',
  no_code_of_set: 'names no code of the set that is loaded',
  no_such_set: 'has a valueName other than SAME, FIPS and UGC, and no set of that name is loaded',
  too_large: 'covers <km2> km²; at most <most> are allowed',
  too_few_positions: 'has <positions> positions; a ring needs at least 4',
  open_ring: 'is open: its last position must be its first',
  round_the_globe:
    'goes round the globe: only a ring without holes, on one side of the equator, may go round a pole',
  too_intricate: 'is too intricate to check; draw it with fewer corners',
  no_ground: 'has no area',
  crosses_itself: 'crosses itself at <place>',
  crosses_ring: 'crosses ring <other> at <place>',
  touches_itself: 'touches itself at <place>',
  touches_ring: 'touches ring <other> at <place>',
  runs_along_itself: 'runs along itself at <place>',
  runs_along_ring: 'runs along ring <other> at <place>',
  hole_outside: 'is a hole outside its shell',
  hole_in_hole: 'is a hole inside another, ring <other>',
  not_circle: 'must be {center: [longitude, latitude], radiusKm}',
  no_feature: 'holds no feature',
  not_feature: 'is no Feature',
  point_without_radius: 'is a point: say its radiusKm, in the query',
  not_radius: 'must be a number, 0 or more',
  radius_too_large: 'must be at most <most> km',

  // Of people and groups
  phone_of_other: 'is the phone of another contact',
  phone_empty: 'is no phone that could be alerted: empty',
  phone_not_a_number: 'is no phone that could be alerted: not a number',
  phone_country_needed: 'is no phone that could be alerted: country needed',
  phone_impossible: 'is no phone that could be alerted: impossible',
  phone_emergency: 'is no phone that could be alerted: emergency',
  phone_short_code: 'is no phone that could be alerted: short code',
  phone_premium: 'is no phone that could be alerted: premium',
  phone_service_number: 'is no phone that could be alerted: service number',
  no_phone: 'is no phone',
  phone_of_nobody: 'is the phone of no contact',
  no_contact_id: 'is no id',
  id_of_nobody: 'is the id of no contact',
  not_mail_address: 'is no address that letters can be sent to',
  not_start_hour: 'must be HH:MM, from 00:00 to 23:59',
  not_end_hour: 'must be HH:MM, from 00:00 to 24:00',
  no_listed_group: 'names no listed group',
  group_name_taken: 'is the name of another group',
  no_group: 'is no group',
  circle_of_groups: 'closes a circle: <names>',
  not_with_area: 'does not go together with an area',
  not_with_rule: 'does not go together with a rule',
  made_up_phones: 'holds made-up phones: only a simulated exercise reaches them',
  roster_not_listed: 'is no listed group: a roster lists its members',
  empty_rule: 'must say something',

  // Of carriers
  carrier_name_taken: 'belongs to another carrier',
  protocol_required: 'is required for the protocol <protocol>',
  other_protocol: 'does not belong to the protocol <protocol>',
  not_of_mail: 'does not belong to a mail account',
  secret_again: 'must be given again, for <field> leads to another host',
  required_with_user: 'is required with a user',
  required_with_password: 'is required with a password',
  no_command_status: 'is no command_status of SMPP 3.4',
  no_refusal: 'is no refusal',
  tls_required: 'must be starttls or tls, for the host is no private address',
  not_pem: 'holds no certificates in PEM',
  key_required: 'is required with a certificate',
  not_its_key: 'is not the private key of the certificate, or is encrypted',

  // Of systems that are told
  not_one_certificate: 'must be one X.509 certificate in PEM',
  weak_key: 'must be of an RSA key of at least <bits> bits',
  certificate_expired: 'has expired',
  certificate_not_yet: 'is not valid yet',
  key_encrypted: 'must not be encrypted',
  not_private_key: 'must be one private key in PEM, as PKCS #8',
  key_of_other: 'must be the key of the certificate; it belongs to another',
  actual_alone: 'must be Actual alone: it is no test endpoint',
  subscriber_url_taken: 'belongs to another subscriber',

  // Of operators and the organisation
  operator_mail_taken: 'belongs to another operator',
  password_too_short: 'must have at least <least> characters: four or five unrelated words do well',
  password_is_address: 'must not be the e-mail address',
  password_too_plain: 'must have at least four different characters',
  border_required: 'must have geometry or geocodes: leave it out where authority has no border',
  passkey_first: 'takes a passkey of your own first, so that nobody is shut out',
  not_time_zone: 'must be an IANA time zone',
  not_country: 'must be an ISO 3166-1 code, such as US',
  not_language_tag: 'must be a BCP 47 language tag',
  not_sender: 'must have no spaces, commas, < or &',

  // Of templates and their blanks
  template_name_taken: 'is the name of another template',
  not_declared: 'is none of the languages that the template declares',
  no_source: 'has none in <language>, the source of the others',
  none_in: 'has none in <language>',
  missing_in: 'is missing in <language>',
  blank_unsaid: 'does not say {<blank>}, which the source does',
  blank_unused: 'is said by no text',
  no_text_in_version: 'has no text in this version',
  begins_with_mark: 'begins with a combining mark',
  not_a_blank: 'is no blank of this template',
  brace_in_name: 'the organisation’s name has a brace: it would read as a blank',
  blank_unknown: '{<blank>} is no blank of this template',
  stray_brace: 'has a brace that belongs to no blank',
  blank_in_link: 'has a blank in a link: it could lead anywhere',
  second_expiry: 'another blank is when the alert expires: <other>',
  duration_unshown: 'is longer than the blank <blank> can show by its <show>',
  least_above_most: 'is above max',
  may_take_segments: 'may take <segments> segments (<alphabet>); <most> are allowed',
  blank_empty: 'is not filled in: <label>',
  not_number: 'must be a number',
  outside_range: 'must be from <least> to <most>',
  too_many_decimals: 'must have at most <most> decimals',
  other_time: 'is another time than the blank <blank> says',
} as const satisfies Readonly<Record<string, string>>

export type FaultCode = keyof typeof FAULTS

export const FAULT_CODES = Object.keys(FAULTS) as [FaultCode, ...FaultCode[]]

const CODES: ReadonlyMap<string, FaultCode> = new Map(FAULT_CODES.map(code => [FAULTS[code], code]))

/** For a schema that says a fault's words: which it is. */
export function faultOfWords(detail: string): FaultWords | undefined {
  const code = CODES.get(detail)
  return code && { detail, code }
}

export type FaultValues = Readonly<Record<string, string | number>>

/** One fault without its place. */
export interface FaultWords {
  readonly detail: string
  readonly code?: FaultCode
  readonly values?: FaultValues
}

/** One fault and its place, as an RFC 6901 JSON pointer into the request body. */
export interface Fault extends FaultWords {
  readonly pointer: string
}

/** The names between angle brackets. */
type Names<Words extends string> = Words extends `${string}<${infer Name}>${infer Rest}`
  ? Name | Names<Rest>
  : never

type Values<Code extends FaultCode> = [Names<(typeof FAULTS)[Code]>] extends [never]
  ? []
  : [Readonly<Record<Names<(typeof FAULTS)[Code]>, string | number>>]

/** The words of a code; its values hold no phone number, message text or secret, for they go to callers. */
export function wordsOfFault<Code extends FaultCode>(
  code: Code,
  ...[values]: Values<Code>
): FaultWords {
  if (values === undefined) return { detail: FAULTS[code], code }
  const given: FaultValues = values
  const detail = FAULTS[code].replaceAll(/<(\w+)>/g, (_all, name: string) => String(given[name]))
  return { detail, code, values: given }
}

/** A fault by its code, at its place. */
export function faultAt<Code extends FaultCode>(
  pointer: string,
  code: Code,
  ...values: Values<Code>
): Fault {
  return { pointer, ...wordsOfFault(code, ...values) }
}
