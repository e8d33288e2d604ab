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
  too_many_rings: 'has <rings> rings; at most <most> corners are allowed',
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

  // Of who asks
  sign_in_too_old: 'the sign-in is of more than <minutes> minutes ago: sign in again first',
  approver_awaited: 'an approver is waited for until <until>',
  too_many_keys: 'would be more than <most> signing keys: revoke one first',

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

  // Of feeds and their rules
  certificates_required: 'must be pinned: a rule takes what they signed, and nothing else',
  certificates_of_nobody: 'were pinned by nobody knows whom: pin them anew',
  certificates_held: 'are what its rule relies on: take the rule away first, then write it anew',
  author_passkeys_demanded: 'policy asks for a passkey of every author, and a rule has none',
  no_template: 'is no template',
  template_of_message: 'belongs to texts other than message, and to those alone',
  text_not_ready: 'has its text in <language> as <state>: have it reviewed',
  not_in_rule: 'is <value>, and the rule takes <values>',
  lasts_too_long: 'is more than <hours> hours ahead, and the rule takes no more',
  areas_differ: 'has blocks for different areas, and a text of a template speaks of all of them',
  takes_back_nothing: 'takes back nothing that went out here by the rule',
  follows_by_hand: 'follows an alert that went out here by somebody’s hand',

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

  // Of a CAP message of somebody else, as XML
  xml_not_utf8: 'must be in UTF-8',
  xml_version: 'must be XML 1.0',
  xml_encoding: 'must be in UTF-8, and say so',
  xml_document_type: 'has a document type, which is not let in',
  xml_instruction: 'has a processing instruction, which is not let in',
  xml_too_deep: 'is nested deeper than <most>',
  xml_too_many_elements: 'has more than <most> elements',
  xml_too_many_attributes: 'has more than <most> attributes in one element',
  xml_no_root: 'has no root element',
  xml_unknown_entity: 'has an entity that XML does not know; write the character itself',
  xml_character: 'has a character that XML does not allow',
  xml_stray_end: 'has an end tag that fits no start tag',
  xml_unclosed: 'ends inside an element',
  xml_unknown_prefix: 'has a prefix without a namespace',
  xml_same_attribute: 'has the same attribute twice',
  xml_not_well_formed: 'is not well-formed',
  cap_root: 'must be alert in the namespace <namespace>',
  cap_text_between: 'has text beside its elements',
  cap_unknown_element: 'is no element of CAP 1.2 here',
  cap_after_signature: 'stands after the signature',
  cap_order: 'must stand before <other>',
  cap_only_once: 'may stand only once',
  cap_lacks: 'lacks <name>',
  cap_no_signature: 'is no signature',
  cap_second_signature: 'is a second signature',
  cap_signature_unasked: 'was not verified: whose it is was not asked',
  cap_attribute: 'has the attribute <name>: CAP has none',
  cap_elements_in_text: 'must hold text, not elements',
  cap_comment_in_text: 'has a comment inside its text',
  cap_empty: 'is empty',
  cap_word: 'must be <words> or <last>',
  cap_language: 'must be a language tag, such as en-US (RFC 3066)',
  cap_time: 'must be a time such as 2026-11-23T02:00:00-00:00',
  cap_references: 'must list sender,identifier,sent with spaces between',
  cap_uri: 'must be a URI, without spaces',
  cap_octets: 'must be a number of octets',
  cap_base64: 'must be base64',
  cap_decimal: 'must be a decimal number',
  cap_few_pairs: 'has <pairs> pairs; a polygon needs at least 4',
  cap_open_polygon: 'is open: its last pair must be its first',
  cap_circle: 'must be latitude,longitude and, after a space, a radius in km',
  pair_unread: 'has no latitude,longitude in pair <pair>',
  pair_swapped: 'has a latitude past 90°: CAP writes the latitude first in pair <pair>',
  pair_latitude: 'has a latitude outside -90 to 90 in pair <pair>',
  pair_longitude: 'has a longitude outside -180 to 180 in pair <pair>',
  centre_unread: 'has no latitude,longitude in its centre',
  centre_swapped: 'has a latitude past 90°: CAP writes the latitude first in its centre',
  centre_latitude: 'has a latitude outside -90 to 90 in its centre',
  centre_longitude: 'has a longitude outside -180 to 180 in its centre',
  // and what it means
  references_required: 'lacks references, which name what msgType <msgType> speaks of',
  references_itself: 'names the message itself',
  references_twice: 'names a message twice',
  references_other_sender: 'names a message of another sender, which is not for msgType <msgType>',
  restriction_lacking: 'lacks restriction, which scope Restricted needs',
  addresses_lacking: 'lacks addresses, which scope Private needs',
  altitude_lacking: 'needs an altitude beside it',
  below_altitude: 'is below the altitude',
  restriction_unused: 'is for scope Restricted, and scope is <scope>',
  exercise_unnamed: 'has no note to name the exercise',
  error_unexplained: 'has no note to explain the error',
  digest_not_sha1: 'is no SHA-1 in hex',
  still_draft: 'is Draft: by its sender nobody may act on it yet',
  for_systems: 'is <msgType>: it speaks to systems, not to people',
  sent_ahead: 'is more than an hour ahead of now',
  sent_too_early: 'is before 1970',
  tells_nothing: 'is missing: there is nothing to tell anybody',
  second_text: 'is a second <valueName>: a block has one text message',
  within_form: 'is not {"area": n, "geocode": […]} as JSON',
  within_no_area: 'names area <area>, and there is none',
  within_twice: 'is a second one for area <area>',
  within_undrawn: 'is for an area that is drawn and has no geocode',
  // and what is taken otherwise than it stands
  empty_left_out: 'is empty: taken as left out',
  spaces_left_out: 'has spaces around it: taken without them',
  utc_as_z: 'writes UTC as Z: taken as -00:00',
  utc_as_plus: 'writes UTC as +00:00: taken as -00:00',
  fraction_left_out: 'has a fraction of a second: cut off',
  empty_value_kept: 'has an empty value: kept as it is',
  taken_composed: 'is not in Unicode normal form C: taken in it',
  origin_left_out:
    'says what its sender imported it from: left out, for its origin is now that sender',
  areas_of_first: 'has no area: taken for those of the first',
  reaches_no_place: 'has no area: it reaches no place',

  // Of what other networks ask of an alert
  same_events: 'must have the same event codes in every block',
  same_categories: 'must have the same categories in every block',
  profile_code: 'must include <name> and its version',
  ipaws_code: 'must include <name>',
  english_and_french: 'should have a block in English and one in French',
  english_beside: 'should have a block in English beside the country’s own languages',
  named_code: 'must have a code named <name> and its version',
  area_required: 'must have at least one area',
  recommended: 'is strongly recommended',
  draw_ground: 'should draw its ground more truly by a polygon or circle',
  one_same_code: 'must have exactly one SAME code of three letters',
  same_code_unlisted: 'has a SAME code that 47 CFR 11.31(e) does not list',
  ignored_time: 'is ignored: it is in force when it is issued',
  say_what_happens: 'should say what happens',
  say_what_to_do: 'should say what to do',
  say_when: 'should say when it begins',
  name_service: 'should name the service',
  same_area_code: 'should have a SAME code of six digits',
  emma_area_code: 'should have an EMMA_ID or NUTS code',
  one_of_network: 'must be <values>',
  no_eas: 'has no EAS-ORG: it goes neither to EAS nor to weather radio',
  too_many_eas_codes: 'has more than <most> SAME codes, which EAS carries',
  wea_text: 'must be at most <most> characters of GSM 7-bit',
  wea_short_missing: 'has CMAMlongtext without CMAMtext for older phones',
  wea_corners: 'has a polygon of more than <most> corners, too many for WEA',
  wea_no_threat:
    'is no imminent threat: WEA takes urgency Immediate or Expected, severity Extreme or Severe and certainty ' +
    'Observed or Likely',
  wea_too_long: 'is more than 24 hours ahead, longer than WEA shows it',
  exactly_one: 'must have exactly one <name>',
  such_as: 'must be such as <example>',
  not_posted: 'is <status>, which is not posted there',
  must_be: 'must be <value>',
  severity_of_level: 'must be that of its awareness_level',

  // Of a file of contacts
  csv_values: 'has <values> values where the header has <columns>',
  csv_too_long: 'is longer than any row',
  csv_open_quote: 'opens a quote that is never closed',
  csv_after_quote: 'has text after a closing quote',
  csv_inner_quote: 'has a quote inside a value that is not quoted',
  csv_unknown_column: '<name> is no column',
  csv_column_twice: '<name> stands there twice',
  csv_column_missing: '<name> is missing',
  csv_half_position: 'longitude and latitude go together',
  csv_hours_placeless: 'hours are of a place: longitude and latitude are missing',
  other_digits: 'is not written in the digits 0 to 9',
  line_break: 'holds a line break or a tab',
  beside_no_place: 'stands beside no place',
  half_position: 'is missing beside its pair',
  not_degrees: 'is no decimal number of degrees',
  outside_degrees: 'is outside -<limit> to <limit>',
  not_week: 'is no week such as Mo-Fr 08:00-17:00; Sa 22:00-06:00',
  named_before: 'is named before',
  ends_as_begun: 'is when it begins: a whole day is from 00:00 to 24:00',
} as const satisfies Readonly<Record<string, string>>

export type FaultCode = keyof typeof FAULTS

export const FAULT_CODES = Object.keys(FAULTS) as [FaultCode, ...FaultCode[]]

/** For a schema that says a fault's words: which it is. */
export function faultOfWords(detail: string): FaultWords | undefined {
  const code = FAULT_CODES.find(one => FAULTS[one] === detail)
  return code && { detail, code }
}

export type FaultValues = Readonly<Record<string, string | number>>

/** One fault without its place. */
export interface FaultWords {
  readonly detail: string
  readonly code?: FaultCode
  readonly values?: FaultValues
}

/** The words of a code: whoever reads them in another language has them by it. */
export interface CodedWords extends FaultWords {
  readonly code: FaultCode
}

/** One fault and its place: an RFC 6901 JSON pointer into the request body, or of XML its path and line. */
export interface Fault extends FaultWords {
  readonly pointer: string
  readonly line?: number
  /** Whose network refuses it, where policy holds an alert to a profile. */
  readonly profile?: string
}

/** The names between angle brackets. */
type Names<Words extends string> = Words extends `${string}<${infer Name}>${infer Rest}`
  ? Name | Names<Rest>
  : never

/** What belongs into the words of a code. */
export type ValuesOfFault<Code extends FaultCode> = [Names<(typeof FAULTS)[Code]>] extends [never]
  ? []
  : [Readonly<Record<Names<(typeof FAULTS)[Code]>, string | number>>]

/** The words of a code; its values hold no phone number, message text or secret, for they go to callers. */
export function wordsOfFault<Code extends FaultCode>(
  code: Code,
  ...[values]: ValuesOfFault<Code>
): CodedWords {
  if (values === undefined) return { detail: FAULTS[code], code }
  const given: FaultValues = values
  const detail = FAULTS[code].replaceAll(/<(\w+)>/g, (_all, name: string) => String(given[name]))
  return { detail, code, values: given }
}

/** A fault by its code, at its place. */
export function faultAt<Code extends FaultCode>(
  pointer: string,
  code: Code,
  ...values: ValuesOfFault<Code>
): Fault {
  return { pointer, ...wordsOfFault(code, ...values) }
}
