"""The words of rules, per language, in small letters. The first entry that matches wins: idioms before words."""

from enum import StrEnum


class Force(StrEnum):
    """How strongly a sentence speaks. UNLESS makes an exception to a ban; with one it is an ONLY."""

    MUST_NOT = "must not"
    MUST = "must"
    SHOULD = "should"
    MAY = "may"
    ONLY = "only"
    UNLESS = "unless"


UNSPACED = frozenset({"zh", "ja", "ko"})

Forces = tuple[Force, ...]

_NONE: Forces = ()
_NO, _MUST, _SHOULD, _MAY, _ONLY, _UNLESS = ((force,) for force in Force)
_SHOULD_NOT: Forces = (Force.SHOULD, Force.MUST_NOT)
_EN_NOT = r"(?:do not|don['’]?t|never|must not|mustn['’]t|should not|shouldn['’]t|may not|cannot|can['’]?t|not to|not)"
_EN_OMIT = r"(?:omit|exclude|skip|ignore|leave (?:\w+ ){0,3}out|leave out|forget|fail|neglect|overlook|miss)"

# Phrases that look like another force than they are; _NONE: like one, and are none.
IDIOMS: dict[str, tuple[tuple[Forces, str], ...]] = {
    "en": (
        (_MUST, rf"{_EN_NOT} (?:\w+ )?{_EN_OMIT}(?: to)?|not optional|without (?:fail|exception)"),
        (_MAY, r"(?:do not|don['’]?t) hesitate(?: to)?|need not|(?:do not|don['’]?t) (?:need|have to)(?: to)?"),
        (_MAY, r"not (?:required|necessary|mandatory)"),
        (_ONLY, r"(?:and )?nothing (?:else|but|other|more|beyond)|no (?:other|additional|extra|further) \w+|"
                r"no one else"),
        (_ONLY, r"(?:do not|don['’]?t|never) \w+ (?:anything|any \w+) (?:else|other than|but|except|beyond)"),
        (_SHOULD, r"would be (?:nice|good|great|helpful|best)|is (?:nice|best) to|nice to have|"
                  r"try(?:ing)?(?= (?:not )?to)"),
        (_NONE, r"not only|whether or not|if not|why not|not sure|not necessarily|not yet|if (?:any|possible)"),
        (_NONE, r"no (?:more|less|fewer|later|longer|sooner|matter|doubt|problem|one)(?: than)?"),
        (_NONE, r"(?:must |should |may |can |do |does )?(?:not|n['’]t) (?:be |exceed |go |use |write )?(?:more|"
                r"less|fewer|longer|"
               r"shorter|greater|higher|lower|larger)(?: \w+)? than|(?:must |should |may )?not exceed"),
        (_NONE, r"cannot be sure|may 20\d\d|can be found|at least|less than|more than"),
    ),
    "zh": (
        (_MUST, r"(?:别|不要|请勿|切勿)忘(?:了|记)?|不(?:可|能|要)(?:遗漏|省略|忽略|漏掉)"),
        (_ONLY, r"除了?[^。；\n]{1,40}?(?:不要|不得|不|别|勿)|不要[^。；，\n]{0,12}(?:其他|其它|别的|任何其)|仅限"),
        (_MAY, r"不需要|不必|无需|不用"),
        (_NONE, r"有没有|有沒有|是不是|能不能|会不会|要不要|不仅|不但|不超过|不得超过|不少于|不多于|不低于|不同|不断|无论|不管"),
    ),
    "ja": (
        (_MUST, r"(?:なければ|ねば)(?:なりません|ならない|なら|いけません|いけない)|必要があ|忘れない(?:で|よう)|忘れずに"),
        (_MAY, r"(?:ても|でも)(?:かまいません|構いません|よい|いい|良い|大丈夫)|なくても"),
        (_NO, r"(?:ては|では)(?:いけません|いけない|なりません|ならない)"),
        (_ONLY, r"以外(?:は|の|を)?[^。]{0,16}(?:ない|ません|ずに)"),
    ),
    "ko": (
        (_MAY, r"(?:지 않아도|아도|어도|해도) (?:됩니다|돼요|된다|좋)|(?:아도|어도|해도) 되"),
        (_MUST, r"(?:야|여야) (?:합니다|해요|한다|됩니다)|잊지 (?:마|말)"),
        (_ONLY, r"(?:외에|밖에)[^.]{0,20}(?:않|없|마|말)"),
    ),
    "de": (
        (_MUST, r"vergiss nicht|vergessen sie nicht|nicht vergessen|nicht (?:weg|aus)lassen"),
        (_ONLY, r"(?:und )?(?:sonst nichts|nichts (?:anderes|weiter|sonst)|keine? (?:anderen?|weiteren?) \w+)"),
        (_NONE, r"nicht nur|nicht (?:mehr|länger|weniger) als"),
    ),
    "fr": (
        (_MUST, r"n['’]oubli\w+ pas|ne pas oublier|n['’]omet\w+ pas"),
        (_ONLY, r"rien d['’]autre|n(?:e |['’])\w+ que|rien que"),
        (_NONE, r"pas seulement|non seulement|pas plus de|pas moins de|pas encore|si ce n['’]est pas"),
    ),
    "es": (
        (_MUST, r"no (?:te |se )?olvid\w+|no omit\w+|no dej\w+ de"),
        (_ONLY, r"(?:y )?nada más|ningún otr\w+|ninguna otra"),
        (_NONE, r"no (?:solo|sólo|solamente)|no (?:\w+ )?(?:más|menos) de"),
    ),
    "pt": (
        (_MUST, r"não (?:se )?esque\w+|não deix\w+ de"),
        (_ONLY, r"(?:e )?nada mais|nenhum outr\w+"),
        (_NONE, r"não (?:só|apenas|somente)|não mais (?:de|que)"),
    ),
    "it": (
        (_MUST, r"non dimentic\w+|non tralasci\w+"),
        (_ONLY, r"(?:e )?nient['’]altro|nessun altr\w+"),
        (_NONE, r"non (?:solo|soltanto)|non (?:più|meno) di"),
    ),
    "nl": (
        (_MUST, r"vergeet niet|niet vergeten"),
        (_ONLY, r"(?:en )?niets anders|geen ander\w+"),
        (_NONE, r"niet alleen|niet meer dan"),
    ),
    "ru": (
        (_MUST, r"не забуд\w+|не забыва\w+|не пропуска\w+"),
        (_ONLY, r"(?:и )?ничего (?:больше|кроме|другого)"),
        (_NONE, r"не только|не (?:более|менее|больше|меньше)(?: чем)?"),
    ),
}  # fmt: skip
WORDS: dict[str, tuple[tuple[Forces, str], ...]] = {
    "en": (
        (_NO, r"yet to"),
        (_SHOULD_NOT, r"shouldn['’]?t"),
        (_SHOULD, r"should|ought to|prefer(?:s|red|ably)?|recommended|ideally|(?:where|whenever|as far as|"
                  r"if) possible"),
        (_SHOULD, r"sometimes|occasionally|usually|often|rarely|loosely|preferably"),
        (_NO, r"(?:must|shall|can|could|may|will|would|do|does|did|is|are|was|be)(?: not|n['’]?t)|don['’]?t|cannot"),
        (_NO, r"never|not|no|none|neither|without|avoid(?:s|ing)?|refrain(?:s|ing)?|forbidden|prohibit(?:ed|s)?"),
        (_NO, r"disallow(?:ed|s)?|exclud(?:e|es|ing)|omit(?:s|ted|ting)?|leav(?:e|ing) (?:\w+ ){0,3}out|skip(?:s|"
              r"ping)?"),
        (_NO, r"ignor(?:e|es|ing)|stay away from|steer clear of|instead of|rather than|un(?:translated|changed|"
              r"altered|touched|edited)"),
        (_MUST, r"must|always|ha(?:ve|s) to|needs? to|required?|shall|ensur(?:e|es|ing)|make sure|be sure|"
                r"mandatory|essential"),
        (_MUST, r"crucial|critical|imperative|at all times|under all circumstances|it is necessary|every time|"
                r"in any case"),
        (_MAY, r"may|might|can|could|optional(?:ly)?|allowed|permitted|feel free|free to|if you (?:like|want|wish)"),
        (_UNLESS, r"unless|until|except(?:ing)?|other than"),
        (_ONLY, r"only|solely|exclusively|alone|strictly|limited to|just|purely"),
    ),
    "zh": (
        (_SHOULD, r"应该|應該|最好|尽量|建议|尽可能|有时|偶尔"),
        (_NO, r"不要|不得|不能|不可|禁止|切勿|请勿|勿|绝不|严禁|避免|不应|不准|不允许|别|拒绝|不会|不|没有|無|无|未(?!来|來)|避"),
        (_MUST, r"必须|必須|务必|務必|一定|需要|应当|确保|確保|要求|需|须|始终|总是"),
        (_MAY, r"可以|允许|能够|可选|(?<=[汝你您])可(?!能)"),
        (_UNLESS, r"除非"),
        (_ONLY, r"只|仅|僅|除了|唯一"),
    ),
    "ja": (
        (_SHOULD, r"べき|望ましい|なるべく|できるだけ|できれば|たまに|時々"),
        (_NO, r"ないで|しないこと|禁止|避け|ません|なく|ない(?![\u4e00-\u9fff\u30a0-\u30ff])|せず|ずに"),
        (_MUST, r"必ず|必要|絶対に|常に"),
        (_MAY, r"可能|できます|してもらって"),
        (_ONLY, r"だけ|のみ|以外|に限"),
    ),
    "ko": (
        (_NO, r"마세요|말 것|말아|마십시오|않|금지|없이|말고"),
        (_MUST, r"반드시|꼭|해야|필수|항상"),
        (_MAY, r"수 있|가능"),
        (_ONLY, r"만 |만으로|오직|외에"),
    ),
    "de": (
        (_SHOULD, r"soll\w*|möglichst|bevorzug\w*|versuch\w*"),
        (_NO, r"nicht|kein\w{0,2}|niemals|nie|ohne|vermeid\w*|verboten|weder|statt|verzicht\w+ auf|unterlass\w+"),
        (_MUST, r"muss|müssen|musst|müsst|immer|unbedingt|stets|erforderlich|zwingend|denk\w* daran|achte\w* darauf"),
        (_MAY, r"darf|dürfen|darfst|kann|können|kannst|optional"),
        (_UNLESS, r"es sei denn|außer wenn|außer|bis"),
        (_ONLY, r"nur|ausschließlich|lediglich|allein"),
    ),
    "fr": (
        (_SHOULD, r"devrai\w+|préfér\w+|de préférence|essa\w+ de"),
        (_NO, r"pas|jamais|aucune?|ni(?= [^.,]{1,40} ni )|sans|évit\w+|interdit\w*|abst\w+"),
        (_MUST, r"dois|devez|doit|doivent|toujours|il faut|obligatoire\w*|assure\w*|impérati\w+|veille\w*|pens\w+ à"),
        (_MAY, r"peux|peut|pouvez|peuvent|optionnel\w*"),
        (_UNLESS, r"sauf|à moins que|hormis"),
        (_ONLY, r"seulement|uniquement|exclusivement|seule?s?"),
    ),
    "es": (
        (_SHOULD, r"debería\w*|prefer\w+|procura\w*|intenta\w*"),
        (_NO, r"no|nunca|jamás|sin|evita\w*|evite\w*|prohibid\w+|ningun\w*|ningún|tampoco|ni(?= [^.,]{1,40} ni )|"
              r"abst\w+"),
        (_MUST, r"debe\w*|siempre|tiene\w* que|hay que|asegúr\w+|obligatori\w+|recuerd\w+"),
        (_MAY, r"puede\w*|opcional\w*"),
        (_UNLESS, r"excepto|salvo|a menos que"),
        (_ONLY, r"sol[oa]s?|sólo|solamente|únicamente|exclusivamente"),
    ),
    "pt": (
        (_SHOULD, r"deveria\w*|prefer\w+|procure|tente"),
        (_NO, r"não|nunca|jamais|sem|evite\w*|nenhum\w*|proibid\w+"),
        (_MUST, r"deve\w*|sempre|precisa\w*|obrigatóri\w+|certifique\w*|lembre(?:-se|m)?"),
        (_MAY, r"pode\w*|opcional\w*"),
        (_UNLESS, r"exceto|salvo|a menos que"),
        (_ONLY, r"apenas|somente|só|exclusivamente"),
    ),
    "it": (
        (_SHOULD, r"dovrebbe\w*|dovresti|preferibil\w+|cerca di"),
        (_NO, r"non|mai|senza|evita\w*|nessun\w*|vietat\w+"),
        (_MUST, r"deve|devi|devono|sempre|assicur\w+|obbligatori\w+|ricord\w+"),
        (_MAY, r"può|puoi|possono|facoltativ\w+"),
        (_UNLESS, r"tranne|salvo|a meno che"),
        (_ONLY, r"sol[oaie]|soltanto|unicamente|esclusivamente"),
    ),
    "nl": (
        (_SHOULD, r"zou\w* moeten|bij voorkeur|probeer"),
        (_NO, r"niet|geen|nooit|zonder|vermijd\w*|verboden"),
        (_MUST, r"moet\w*|altijd|verplicht\w*|zorg ervoor|denk er\w* aan"),
        (_MAY, r"mag|kan|kunt|optioneel"),
        (_UNLESS, r"behalve|tenzij"),
        (_ONLY, r"alleen|uitsluitend|slechts|enkel"),
    ),
    "ru": (
        (_SHOULD, r"следует|желательно|предпочт\w+|старай\w+"),
        (_NO, r"не|нельзя|никогда|без|запрещ\w+|избега\w+"),
        (_MUST, r"долж\w+|обязательно|всегда|необходимо|нужно|обязан\w*"),
        (_MAY, r"можно|може\w+"),
        (_UNLESS, r"кроме|если только не"),
        (_ONLY, r"только|исключительно|лишь"),
    ),
    "pl": (
        (_SHOULD, r"powin\w+|najlepiej|staraj\w*|czasem|czasami"),
        (_NO, r"nie|nigdy|bez|unikaj\w*|zabroni\w+|żad\w+"),
        (_MUST, r"musi\w*|musz\w*|zawsze|należy|trzeba|koniecznie|upewnij"),
        (_MAY, r"moż\w+|mog\w+|opcjonaln\w+"),
        (_UNLESS, r"chyba że|z wyjątkiem|oprócz"),
        (_ONLY, r"tylko|wyłącznie|jedynie"),
    ),
    "tr": (
        (_NO, r"\w+(?:ma|me)(?:yın|yin|yiniz|yınız|malı\w*|meli\w*)|asla|değil|yok|hariç|olmadan"),
        (_MUST, r"mutlaka|her zaman|daima|zorunlu\w*|gerek\w*|\w+(?:malı|meli)\w*"),
        (_MAY, r"\w+(?:abilir|ebilir)\w*|isteğe bağlı"),
        (_ONLY, r"sadece|yalnızca|yalnız"),
    ),
    "fa": (
        (_SHOULD, r"بهتر است|گاهی"),
        (_NO, r"نباید|نکنید|نکن|هرگز|بدون|ندهید|ننویسید|خودداری"),
        (_MUST, r"باید|حتما|حتماً|همیشه|لازم|ضروری"),
        (_MAY, r"می‌توانید|میتوانید|اختیاری"),
        (_ONLY, r"فقط|تنها|صرفا|صرفاً"),
    ),
    "ar": (
        (_SHOULD, r"يفضل|يُفضل|ينبغي"),
        (_NO, r"لا|لن|لم|ليس|بدون|تجنب|ممنوع|أبدا|أبدًا"),
        (_MUST, r"يجب|دائما|دائمًا|تأكد|لابد|ضروري"),
        (_MAY, r"يمكن|يمكنك|اختياري"),
        (_ONLY, r"فقط|حصرا|حصرًا"),
    ),
    "hi": (
        (_NO, r"न|नहीं|मत|बिना|कभी नहीं"),
        (_MUST, r"ज़रूर|जरूर|हमेशा|अवश्य|अनिवार्य"),
        (_ONLY, r"केवल|सिर्फ|सिर्फ़|मात्र"),
    ),
    "bg": (
        (_NO, r"не|никога|без|избягва\w*|забран\w+"),
        (_MUST, r"трябва|винаги|задължително"),
        (_MAY, r"може\w*"),
        (_ONLY, r"само|единствено"),
    ),
    "uk": (
        (_NO, r"не|ніколи|без|уникай\w*|заборон\w+"),
        (_MUST, r"повин\w+|завжди|обов'язково|треба|потрібно"),
        (_MAY, r"можна|може\w*"),
        (_ONLY, r"тільки|лише|виключно"),
    ),
}  # fmt: skip
# Clauses that say when or who, not what: what is negated in them is not forbidden.
CONDITIONS = {
    "en": r"(?:\A|(?<=[.!?\n]))\s*(?:(?:is|are|was|were|do|does|did|has|have|had|should|may|might)\b|(?:can|could|"
          r"would|will) (?!you\b))"
          r"[^.!?\n]{0,300}\?|\b(?:why|what|where|who|which|how)\b"
          r"[^.!?\n]{0,200}\?|\b(?:if|when|whenever|in case|where)\b(?! possible\b)[^,.;:()\n]{0,140}"
          r"|\bwhy (?:[\w'’]+ ){1,3}(?:is|are|was|were|do|does|did)(?: not|n['’]?t)\b[^,.;:()\n]{0,60}",
    "zh": r"如果[^，。；\n]{0,60}|若[^，。；\n]{0,40}|当[^，。；\n]{0,40}时",
    "ja": r"[^。、\n]{0,30}(?:場合|とき|時)(?:は|には|に)?",
    "ko": r"[^.,\n]{0,30}(?:경우|때)(?:는|에는|에)?",
    "de": r"\b(?:wenn|falls|sofern)\b[^,.;:()\n]{0,120}",
    "fr": r"\b(?:si|lorsque|quand)\b[^,.;:()\n]{0,120}|\bs['’]il[^,.;:()\n]{0,120}",
    "es": r"\b(?:si|cuando)\b[^,.;:()\n]{0,120}",
    "pt": r"(?<!não )(?<!-)\b(?:se|quando|caso)\b[^,.;:()\n]{0,120}",
    "it": r"\b(?:se|quando|qualora)\b[^,.;:()\n]{0,120}",
    "nl": r"\b(?:als|wanneer|indien)\b[^,.;:()\n]{0,120}",
    "ru": r"\b(?:если|когда)\b(?! только)[^,.;:()\n]{0,120}",
}  # fmt: skip
# Clauses that describe something: a negation in them forbids nothing, and may become a sentence of its own.
DESCRIPTIONS = {
    "en": r"\b(?:who|whom|whose|which)\b[^,.;:()\n]{0,60}|\bthat (?:is|are|was|were|has|have|had|do|does|did|can|"
          r"cannot)(?:n['’]?t)?\b"
          r"[^,.;:()\n]{0,60}",
}  # fmt: skip
