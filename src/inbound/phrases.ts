/**
 * Words of English, Spanish, French, Chinese, Vietnamese and Arabic that say something in any alert, spelt as
 * `normaliseAnswer` spells them.
 */
import { wordsOf } from '../cap/keywords.ts'

const listOf = (...lines: readonly string[]) => lines.flatMap(line => line.split(', '))

/** They change nothing in an answer, whether it is a code or a word. */
export const COURTESIES: readonly string[] = listOf(
  'please, pls, plz, thanks, thank you, thank u, thx, ty, hi, hello',
  'yes, yeah, yep, ok, okay, reply, replying, my reply, my reply is',
  'answer, my answer, my answer is, the answer is, option, number, choice',
  'i choose, i select',
  'por favor, gracias, muchas gracias, hola, si, respondo, responda, responde',
  'respuesta, mi respuesta es, opcion, numero, elijo',
  'svp, stp, sil vous plait, sil te plait, merci, merci beaucoup, bonjour, oui',
  'reponse, ma reponse, ma reponse est, je reponds, repondez, choix',
  '请, 謝謝, 谢谢, 谢谢你, 感谢, 你好, 您好, 是的, 回复, 回覆, 答复',
  '回答, 我的回答是, 选, 选择, 我选, 选项',
  'xin, lam on, cam on, xin cam on, vang, xin chao, tra loi, toi chon',
  'lua chon',
  'شكرا, شكرا لكم, شكرا جزيلا, من فضلك, من فضلكم, لو سمحت, مرحبا, نعم',
  'الرد, جوابي, اجابتي, الجواب, الخيار, رقم',
)

/** They change nothing in a word; beside a number they count: "2 here". */
export const CONTEXT: readonly string[] = listOf(
  'all, all of us, everyone, still, now, here',
  'todos, todas, aqui, ahora, tous, toutes, ici, maintenant',
  '了, 的, 都, 已, 已经, 现在, da, dang, hien tai, الان',
)

/** Who it is that says so: one of them before a word. Before a number they count: "we are two". */
export const FRAMES: readonly string[] = listOf(
  'i, im, i am, ive, i have, we, we are, were, weve, we have',
  'all of us are, everyone is, my family is, my family and i are',
  'yo, estoy, yo estoy, ya estoy, estamos, ya estamos, hemos',
  'je, je suis, jai, nous, nous sommes, nous avons, on est, on a',
  'tout le monde est, 我, 我是, 我很, 我们, 我们是, 我们很, 全家, 我家人',
  'toi, chung toi, minh, gia dinh toi, ca nha',
  'انا, اننا, اني, انني, نحن, كلنا, جميعنا, لقد',
)

/**
 * A digit's name, where an option has that digit as its code. Left out is what is something else in another of these
 * languages, or an answer in one near by: `hai` is two in Vietnamese and yes in Japanese.
 */
export const NUMBER_WORDS: Readonly<Record<string, readonly string[]>> = {
  1: ['one', 'uno', 'une', 'mot', '一', '壹', 'واحد', '1st', 'number one'],
  2: ['two', 'dos', 'deux', '二', 'اثنان', 'اثنين', '2nd'],
  3: ['three', 'tres', 'trois', '三', 'ثلاثه', '3rd'],
  4: ['four', 'cuatro', 'quatre', '四', 'اربعه', '4th'],
  5: ['five', 'cinco', 'cinq', '五', 'خمسه', '5th'],
  6: ['six', 'seis', '六', 'سته', '6th'],
  7: ['seven', 'siete', '七', 'سبعه', '7th'],
  8: ['eight', 'ocho', 'huit', '八', 'ثمانيه', '8th'],
  9: ['nine', 'nueve', 'neuf', '九', 'تسعه', '9th'],
}

/** Calls for help. None is kept from being an option's word: where one has it, it is that option's. */
export const CRIES = wordsOf({
  und: ['sos', 'mayday'],
  en: listOf(
    'help, help me, help us, need help, i need help, we need help, send help',
    'emergency, rescue, rescue me, rescue us, save me, save us',
  ),
  es: listOf(
    'ayuda, ayudame, ayudenme, ayudenos, auxilio, socorro, necesito ayuda',
    'necesitamos ayuda, emergencia',
  ),
  fr: listOf(
    'aide, aidez moi, aidez nous, a laide, au secours, secours, besoin daide',
    'jai besoin daide, nous avons besoin daide, urgence',
  ),
  zh: listOf(
    '救命, 救命啊, 救我, 救救我, 救救我们, 帮助, 帮帮我, 求救, 求助, 需要帮助',
    '我需要帮助, 我们需要帮助, 紧急',
  ),
  vi: listOf(
    'cuu, cuu toi, cuu voi, cuu toi voi, giup toi, giup toi voi, can giup do',
    'toi can giup do, khan cap',
  ),
  ar: listOf(
    'النجده, نجده, انقذوني, انقذونا, ساعدوني, ساعدونا, مساعده, احتاج مساعده',
    'احتاج الي مساعده, نحتاج مساعده, طواري',
  ),
})

/** Signs that call for help. */
export const CRYING_SIGNS = /🆘/u

/** Wishes to be left alone in whole words: as good as STOP. */
export const PLAIN_OPT_OUTS = wordsOf({
  es: listOf('cancelar, desuscribir, desuscribirme, darme de baja, darse de baja, stop todo'),
  fr: listOf('desabonner, me desabonner, se desabonner, desabonnement, desinscription'),
  zh: listOf('退订, 退訂, 取消订阅, 取消訂閱'),
  vi: ['huy dang ky'],
  ar: ['الغاء الاشتراك'],
})

/** Wishes to hear from us again, beside the carriers' words. */
export const PLAIN_OPT_INS = wordsOf({
  en: listOf('opt in, optin, subscribe, resubscribe, subscribe me, resubscribe me'),
})

/** Single words that mean stop, and also other things. */
export const PERHAPS_OPT_OUTS: ReadonlySet<string> = new Set(
  listOf(
    'alto, parar, pare, paren, basta, baja, detener, no mas, ya no',
    'assez, ca suffit, stopper, plus de messages, plus de sms',
    '停, 停止, 不要再发, 别发了, 不要发了, 取消, td退订',
    'dung, dung lai, ngung, huy, thoi, توقف, توقفوا, ايقاف, اوقف, كفي, الغاء',
    'no more, enough, leave me alone, wrong number, remove me, take me off, stop it',
  ),
)

/**
 * Phrases that are looked for inside of texts. Most texts hold none of their words, and cost no more than a look at
 * each of their own words: the patterns are tried on the few others. All are of what `normaliseAnswer` leaves.
 */
export interface Phrases {
  /** One of them stands in whatever `spaced` finds. */
  readonly words: ReadonlySet<string>
  readonly spaced: RegExp
  /** In Chinese and Arabic, where words have no ends or many. */
  readonly others: RegExp
}

/** Somebody may need help: to be read first. */
export const MAY_NEED_HELP: Phrases = {
  words: new Set(
    listOf(
      'help, sos, trapped, stuck, rescue, hurt, injured, bleeding, drowning',
      'dying, unconscious, wheelchair, oxygen, cant, cannot, stranded, roof',
      'safe, unsafe, danger, ayuda, ayudar, ayudenos, ayudenme, ayudame, ayuden',
      'auxilio, socorro, atrapado, atrapada, atrapados, atrapadas, herido, herida',
      'heridos, heridas, sangre, sangrando, ruedas, techo, salvo, seguro, segura',
      'bien, peligro, aidez, aide, secours, coince, coincee, coinces, blesse',
      'blessee, blesses, piege, pieges, bloque, bloques, bloquee, toit, roulant',
      'securite, cuu, giup, ket, thuong, mau, nha, toan, nguy',
    ),
  ),
  spaced: new RegExp(
    [
      '\\b(?:(?<!for (?:your|the|all your) )help|sos|trapped|stuck|rescue|hurt|injured|bleeding|drowning|dying)\\b',
      '\\b(?:unconscious|wheelchair|oxygen|stranded|unsafe|in danger|on (?:the|our|my) roof)\\b',
      '\\b(?:cant|cannot|can not) (?:breathe|move|get out|leave|escape|walk)\\b|\\bnot (?:all |very |really )?safe\\b',
      '\\b(?:ayud\\w*|auxilio|socorro|atrapad[oa]s?|herid[oa]s?|sangr\\w*|silla de ruedas|en el techo|en peligro)\\b',
      '\\bno est(?:oy|amos|a|an) (?:a salvo|segur[oa]s?|bien)\\b',
      '\\b(?:aidez|aide|secours|coincee?s?|blessee?s?|pieges?|bloquee?s?|sur le toit|fauteuil roulant|en danger)\\b',
      '\\bpas en securite\\b',
      '\\b(?:cuu|giup|mac ket|bi thuong|chay mau|mai nha|khong an toan|nguy hiem)\\b',
    ].join('|'),
  ),
  others:
    /救|帮助|帮忙|被困|受伤|流血|屋顶|不安全|危险|ساعد|مساعده|النجده|انقذ|عالق|محاصر|جريح|مصاب|نزيف|السطح|غير امن|لست امن|خطر/,
}

/**
 * Somebody may want no more of it, by words that a reasonable person would understand (47 CFR 64.1200(a)(10)). People
 * decide: "don't stop" and "the bus stop is flooded" are near.
 */
export const MAY_OPT_OUT: Phrases = {
  words: new Set(
    listOf(
      'stop, dont, do, never, quit, longer, remove, delete, take, get, opt',
      'unsubscribe, unsubscribed, unsubscribing, opting, opted, leave, no, wrong',
      'cancel, revoke, end, dejen, deje, dejar, paren, pare, baja, equivocado',
      'quitenme, quiteme, arretez, arreter, menvoyez, mecrivez, plus, desabonner',
      'desabonnez, retirez, mauvais, dung, ngung, khong, huy, nham',
    ),
  ),
  spaced: new RegExp(
    [
      '(?<!(?:dont|cant|wont|not|never|bus|the|a) )\\bstop (?:texting|messaging|sending|contacting|bothering|calling|spamming|alerting|notifying|with (?:the|these)|these|those|all|my|the (?:messages|texts|alerts|spam)|messages|texts|alerts|notifications|sms)\\b',
      '\\b(?:do not|dont|never|quit) (?:text|texting|message|messaging|contact|contacting|send|sending|call|calling|bother|notify|alert) (?:me|us|this)\\b',
      '\\b(?:do not|dont|no longer) (?:want|wish)\\b.{0,30}\\b(?:messages|texts|alerts|sms|notifications|these)\\b',
      '\\b(?:remove|delete|take|get) (?:me|my (?:name|number|phone)|this number|us)(?: off| out| from|$)',
      '\\bunsubscrib|\\bopt(?:ing|ed)? ?(?:me |us )?out\\b|\\bleave me alone\\b|\\bno more (?:texts|messages|alerts|sms)\\b|\\bwrong (?:number|person)\\b',
      '\\bcancel (?:my|the|these|this|all|alerts|messages|texts|subscription)\\b|\\brevoke (?:my )?consent\\b|\\bend (?:these|the|all) (?:messages|texts|alerts)\\b',
      '\\b(?:dejen?|paren?|no (?:me )?(?:envien?|manden?|escriban?|molesten?)) .{0,20}\\b(?:mensajes|textos|alertas|mas|mandar|enviar|molestar|escribir)\\b',
      '\\bdar(?:me)? de baja\\b|\\bnumero equivocado\\b|\\bno quiero (?:mas )?(?:recibir|mensajes|alertas)\\b|\\bquit(?:en|e)me\\b',
      '\\barrete[zr]? de m|\\bne m(?:envoyez|ecrivez) plus\\b|\\bplus (?:recevoir|de messages|de sms)\\b|\\bdesabonne[rz]\\b|\\bretirez (?:moi|mon)\\b|\\bmauvais numero\\b',
      '\\bdung (?:nhan|gui|goi|lien lac)\\b|\\bngung (?:nhan|gui)\\b|\\bkhong muon nhan\\b|\\bhuy dang ky\\b|\\bnham so\\b',
    ].join('|'),
  ),
  others:
    /(?:不要|别|停止|请勿)再?(?:给我)?(?:发|發|联系|打扰)|退订|退訂|取消订阅|打错|号码错|不想再?收|لا ترسل|توقفوا? عن|اوقفوا? (?:الرسائل|ارسال)|لا اريد (?:المزيد|رسائل|استلام)|الغاء الاشتراك|رقم خاط|احذفوا رقمي/,
}

/** What phones, mailboxes and other gateways say by themselves. */
export const AUTOMATIC: Phrases = {
  words: new Set(
    listOf(
      'auto, autoreply, automatic, automated, driving, disturb, focus, notification',
      'office, monitored, accept, receive, support, unsubscribed, contacting',
      'messaging, texting, message, automatica, automatico, oficina, conduciendo',
      'automatique, bureau, conduis, dong, xe',
    ),
  ),
  spaced: new RegExp(
    [
      '^(?:auto|automatic|automated) (?:reply|response|responder|message)\\b|^autoreply\\b|^this is an auto',
      '\\bdo not disturb while driving\\b|^im driving (?:right now|with)\\b|\\b(?:with focus|do not disturb) (?:turned )?on\\b',
      '\\bill (?:see|read|reply to|get to) your (?:message|text) when\\b|\\breply urgent to send a notification\\b',
      '\\bout of (?:the )?office\\b.*\\b(?:until|return|back|reply|urgent|contact)\\b|^out of (?:the )?office$',
      '\\b(?:number|mailbox|inbox|line|service) (?:is not monitored|does not (?:accept|receive|support)|can ?not receive)\\b',
      '^you have (?:been |successfully (?:been )?)?unsubscribed\\b',
      '^thank(?:s| you) for (?:contacting|messaging|texting|your message)\\b.*\\b(?:will|our|back|soon|hours)\\b',
      '^(?:respuesta automatica|mensaje automatico|fuera de la oficina)|\\bestoy conduciendo\\b.*\\b(?:no molestar|cuando llegue|luego)\\b',
      '^(?:reponse automatique|message automatique|absent du bureau)|\\bje conduis\\b.*\\b(?:ne pas deranger|arriv)',
      '^(?:tra loi tu dong|tin nhan tu dong)|\\btoi dang lai xe\\b.*\\b(?:khong lam phien|se tra loi)\\b',
    ].join('|'),
  ),
  others:
    /^(?:自动回复|自动回覆|自动答复)|我正在(?:开车|驾驶).*(?:勿扰|稍后|专注)|^رد (?:تلقايي|الي)|اقود السياره.*(?:عدم الازعاج|لاحق)/,
}

/** What a phone puts under a text. */
export const SIGNATURE =
  / (?:(?:sent|written) from (?:my|yahoo|mail|outlook)|get outlook for|enviado (?:desde|de) mi|envoye (?:de|depuis) mon|发自我的|gui tu (?:iphone|dien thoai|android)|ارسلت? من)[^\n]{0,60}$/
