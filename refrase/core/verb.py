"""The verbs by which prompts ask for something, in English."""

VERBS = (
    "add|adapt|adopt|analy[sz]e|answer|arrange|ask|assess|assign|break|brainstorm|build|calculate|categori[sz]e|check|"
    "choose|cite|classify|collect|combine|compare|complete|compose|compute|consider|continue|convert|correct|count|"
    "create|critique|decide|define|describe|design|detect|determine|develop|discuss|draft|draw|edit|estimate|evaluate|"
    "examine|expand|explain|extract|fill|find|fix|follow|format|generate|give|greet|group|guess|help|highlight|identify|"
    "ignore|implement|improve|include|invent|judge|keep|label|list|make|match|merge|name|offer|outline|output|"
    "paraphrase|pick|plan|point|predict|prepare|present|print|produce|proofread|propose|provide|quote|rank|rate|read|"
    "recommend|refactor|reformulate|remove|repeat|rephrase|replace|reply|report|respond|return|review|revise|rewrite|"
    "run|say|score|select|send|share|shorten|show|sign|simplify|simulate|sketch|solve|sort|speak|split|state|structure|"
    "suggest|summari[sz]e|tag|take|talk|teach|tell|test|think|transform|translate|turn|use|verify|walk|write"
)
# Those that give the target a part to play.
ROLES = "act|be|play|imagine|pretend|let|wish|want"
