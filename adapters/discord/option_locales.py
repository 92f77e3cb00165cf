"""What the options of commands say in other languages, by what they say in English; their names stay the same in all.

Keys and limits are those of :mod:`.locales`. A test holds every option against this table, so that a changed English
sentence does not keep an old translation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_LOCALES: Final = ("de", "fr", "es-ES", "ja", "zh-CN")
_TEXTS: Final[Mapping[str, tuple[str, str, str, str, str]]] = {
    "A topic, or the name of a command.": (
        "Ein Thema oder der Name eines Befehls.",
        "Un sujet, ou le nom d'une commande.",
        "Un tema o el nombre de un comando.",
        "トピック、またはコマンド名。",
        "主题或命令名称。",
    ),
    "What to look for, e.g. diffusion (policy OR planning) -survey cat:cs.RO": (
        "Wonach gesucht wird, z. B. diffusion (policy OR planning) -survey cat:cs.RO",
        "Ce qui est cherché, p. ex. diffusion (policy OR planning) -survey cat:cs.RO",
        "Qué buscar, p. ej. diffusion (policy OR planning) -survey cat:cs.RO",
        "検索条件。例: diffusion (policy OR planning) -survey cat:cs.RO",
        "要查找的内容,例如 diffusion (policy OR planning) -survey cat:cs.RO",
    ),
    "Where papers go: here, me (direct messages), or a channel.": (
        "Wohin: here (hier), me (Direktnachricht) oder ein Kanal.",
        "Où : here (ici), me (message privé) ou un salon.",
        "Adónde: here (aquí), me (mensaje directo) o un canal.",
        "投稿先: here(ここ)、me(DM)、またはチャンネル。",
        "发送到:here(此处)、me(私信)或某个频道。",
    ),
    "How often: one digest a day, at once, each hour, or each week.": (
        "Wie oft: täglich gesammelt, sofort, stündlich oder wöchentlich.",
        "À quel rythme : chaque jour, aussitôt, chaque heure ou chaque semaine.",
        "Con qué ritmo: cada día, al momento, cada hora o cada semana.",
        "頻度: 1日1回、すぐに、毎時、毎週。",
        "频率:每日汇总、立即、每小时或每周。",
    ),
    "Local time of digests, e.g. 09:00 or 5pm; or «complete by 11:00», once the day's lists are.": (
        "Ortszeit, z. B. 09:00; oder «complete by 11:00»: sobald die Listen des Tages vollständig sind.",
        "Heure locale, p. ex. 09:00 ; ou «complete by 11:00» : dès que les listes du jour sont complètes.",
        "Hora local, p. ej. 09:00; o «complete by 11:00»: cuando las listas del día estén completas.",
        "現地時刻。例: 09:00。「complete by 11:00」はその日の一覧が揃い次第。",
        "当地时间,例如 09:00;或「complete by 11:00」:当日列表齐全后即发。",
    ),
    "On which days: mon-fri, «mon,wed», weekends, every day.": (
        "An welchen Tagen: mon-fri, «mon,wed», weekends, every day.",
        "Quels jours : mon-fri, «mon,wed», weekends, every day.",
        "Qué días: mon-fri, «mon,wed», weekends, every day.",
        "曜日: mon-fri、«mon,wed»、weekends、every day。",
        "哪些天:mon-fri、«mon,wed»、weekends、every day。",
    ),
    "Time zone for the times above, e.g. Europe/Paris.": (
        "Zeitzone der Zeiten oben, z. B. Europe/Berlin.",
        "Fuseau horaire de ces heures, p. ex. Europe/Paris.",
        "Zona horaria de esas horas, p. ej. Europe/Madrid.",
        "上の時刻のタイムゾーン。例: Asia/Tokyo。",
        "以上时间的时区,例如 Asia/Shanghai。",
    ),
    "Hours in which instant and hourly posts wait, e.g. 22:00-07:00, or off. Nothing is dropped.": (
        "Ruhezeit für Sofort- und Stundenmeldungen, z. B. 22:00-07:00, oder off. Nichts geht verloren.",
        "Heures calmes, p. ex. 22:00-07:00, ou off. Rien n'est perdu.",
        "Horas de silencio, p. ej. 22:00-07:00, u off. No se pierde nada.",
        "通知を待たせる時間帯。例: 22:00-07:00、または off。失われません。",
        "免打扰时段,例如 22:00-07:00,或 off。不会丢失任何内容。",
    ),
    "Only papers these sources announced, e.g. huggingface,arxiv, or all.": (
        "Nur Artikel aus diesen Quellen, z. B. huggingface,arxiv, oder all.",
        "Seulement ces sources, p. ex. huggingface,arxiv, ou all.",
        "Solo estas fuentes, p. ej. huggingface,arxiv, o all.",
        "この情報源のみ。例: huggingface,arxiv、または all。",
        "仅限这些来源,例如 huggingface,arxiv,或 all。",
    ),
    "Only papers with at least this many upvotes.": (
        "Nur Artikel mit mindestens so vielen Stimmen.",
        "Seulement les articles ayant au moins autant de votes.",
        "Solo artículos con al menos estos votos.",
        "この数以上の高評価がある論文のみ。",
        "仅限至少有这么多点赞的论文。",
    ),
    "How much of a paper a card shows.": (
        "Wie viel eine Karte von einem Artikel zeigt.",
        "Ce qu'une carte montre d'un article.",
        "Cuánto muestra una tarjeta de un artículo.",
        "カードに表示する情報の量。",
        "卡片显示多少论文内容。",
    ),
    "Most papers in one digest; the rest stays one click away.": (
        "Höchstzahl je Sammlung; der Rest ist einen Klick entfernt.",
        "Maximum par envoi groupé ; le reste est à un clic.",
        "Máximo por resumen; el resto queda a un clic.",
        "1回のまとめの最大件数。残りはワンクリックで。",
        "每份汇总的最多论文数;其余一键可见。",
    ),
    "A role or group to mention when something matches, or none.": (
        "Eine Rolle, die bei Treffern erwähnt wird, oder none.",
        "Un rôle à mentionner en cas de résultat, ou none.",
        "Un rol que mencionar si hay resultados, o none.",
        "一致したときにメンションするロール、または none。",
        "有匹配时要提及的身份组,或 none。",
    ),
    "What to call this subscription; without one its filter is its name.": (
        "Name des Abonnements; ohne ihn heißt es wie sein Filter.",
        "Nom de l'abonnement ; sinon, c'est son filtre.",
        "Nombre de la suscripción; si no, el de su filtro.",
        "購読の名前。なければ条件が名前になります。",
        "订阅名称;留空则用其条件作名称。",
    ),
    "Whose subscriptions to show.": (
        "Wessen Abonnements.",
        "Les abonnements de qui.",
        "De quién son las suscripciones.",
        "誰の購読を表示するか。",
        "显示谁的订阅。",
    ),
    "Only those in this state.": (
        "Nur solche in diesem Zustand.",
        "Seulement ceux dans cet état.",
        "Solo las que estén así.",
        "この状態のもののみ。",
        "仅限此状态。",
    ),
    "Which subscription, by its number: 7 or s7. «list» shows the numbers.": (
        "Welches Abonnement, nach Nummer: 7 oder s7. «list» zeigt sie.",
        "Quel abonnement, par numéro : 7 ou s7. «list» les montre.",
        "Qué suscripción, por número: 7 o s7. «list» los muestra.",
        "購読番号: 7 または s7。番号は「list」で。",
        "订阅编号:7 或 s7。用「list」查看。",
    ),
    "How long: 2h, 1d, 2w, or until 2026-12-01.": (
        "Wie lange: 2h, 1d, 2w oder until 2026-12-01.",
        "Durée : 2h, 1d, 2w ou until 2026-12-01.",
        "Cuánto: 2h, 1d, 2w o until 2026-12-01.",
        "期間: 2h、1d、2w、または until 2026-12-01。",
        "时长:2h、1d、2w 或 until 2026-12-01。",
    ),
    "What becomes of the papers that matched during the pause.": (
        "Was mit den Treffern aus der Pause geschieht.",
        "Que faire de ce qui est venu pendant la pause.",
        "Qué hacer con lo que llegó durante la pausa.",
        "停止中に一致した論文の扱い。",
        "如何处理暂停期间匹配的论文。",
    ),
    "How many days to look back.": (
        "Wie viele Tage zurück.",
        "Sur combien de jours.",
        "Cuántos días atrás.",
        "さかのぼる日数。",
        "回溯多少天。",
    ),
    "Which paper: an arXiv id, a DOI, or the address of its page.": (
        "Welcher Artikel: arXiv-Nummer, DOI oder Adresse.",
        "Quel article : identifiant arXiv, DOI ou adresse.",
        "Qué artículo: id de arXiv, DOI o dirección.",
        "論文: arXiv ID、DOI、またはURL。",
        "论文:arXiv 编号、DOI 或网址。",
    ),
    "Which papers come first.": (
        "Welche Artikel zuerst kommen.",
        "Quels articles viennent d'abord.",
        "Qué artículos van primero.",
        "並び順。",
        "排序方式。",
    ),
    "Only papers that were posted there: here, me, or a channel.": (
        "Nur dort gepostete Artikel: here, me oder ein Kanal.",
        "Seulement ce qui y a été publié : here, me ou un salon.",
        "Solo lo publicado allí: here, me o un canal.",
        "投稿済みの場所で絞る: here、me、チャンネル。",
        "仅限在该处发布过的:here、me 或频道。",
    ),
    "Look at it, or post it now.": (
        "Ansehen oder jetzt posten.",
        "Le voir, ou le publier maintenant.",
        "Verlo o publicarlo ahora.",
        "表示する、または今すぐ投稿する。",
        "查看,或立即发布。",
    ),
    "In which channel.": (
        "In welchem Kanal.",
        "Dans quel salon.",
        "En qué canal.",
        "チャンネル。",
        "在哪个频道。",
    ),
    "A word to file it under.": (
        "Ein Stichwort zum Ablegen.",
        "Un mot pour le classer.",
        "Una palabra para archivarlo.",
        "分類用の語。",
        "归档用的词。",
    ),
    "How to get them.": (
        "In welcher Form.",
        "Sous quelle forme.",
        "En qué forma.",
        "形式。",
        "以何种形式。",
    ),
    "Only papers filed under this word.": (
        "Nur unter diesem Stichwort.",
        "Seulement sous ce mot.",
        "Solo bajo esta palabra.",
        "この語で分類したもののみ。",
        "仅限归档于该词下的。",
    ),
    "What to do with it.": (
        "Was damit geschehen soll.",
        "Que faire de cela.",
        "Qué hacer con ello.",
        "操作。",
        "要做什么。",
    ),
    "What to do.": (
        "Was geschehen soll.",
        "Que faire.",
        "Qué hacer.",
        "操作。",
        "要做什么。",
    ),
    "Say why this paper scores as it does.": (
        "Warum dieser Artikel so bewertet ist.",
        "Pourquoi cet article a ce score.",
        "Por qué este artículo tiene esa puntuación.",
        "この論文のスコアの理由。",
        "说明此论文得分的原因。",
    ),
    "Time zone of new subscriptions, e.g. Europe/Paris.": (
        "Zeitzone neuer Abonnements, z. B. Europe/Berlin.",
        "Fuseau des nouveaux abonnements, p. ex. Europe/Paris.",
        "Zona de las nuevas suscripciones, p. ej. Europe/Madrid.",
        "新しい購読のタイムゾーン。例: Asia/Tokyo。",
        "新订阅的时区,例如 Asia/Shanghai。",
    ),
    "When a thread is opened under a paper in this channel.": (
        "Wann hier ein Thread zu einem Artikel entsteht.",
        "Quand un fil s'ouvre ici sous un article.",
        "Cuándo se abre aquí un hilo bajo un artículo.",
        "このチャンネルでスレッドを作る条件。",
        "此频道何时为论文开启子区。",
    ),
    "With threads:upvotes, how many upvotes it takes.": (
        "Bei threads:upvotes: ab wie vielen Stimmen.",
        "Avec threads:upvotes, à partir de combien de votes.",
        "Con threads:upvotes, a partir de cuántos votos.",
        "threads:upvotes のときの高評価数。",
        "threads:upvotes 所需的点赞数。",
    ),
    "What 👍 and 👎 do to the papers here.": (
        "Was 👍 und 👎 hier bewirken.",
        "Ce que 👍 et 👎 changent ici.",
        "Qué hacen aquí 👍 y 👎.",
        "👍 と 👎 の効果。",
        "👍 和 👎 在此的作用。",
    ),
    "Who else may manage subscriptions: roles, groups or people, or none.": (
        "Wer noch verwalten darf: Rollen, Personen oder none.",
        "Qui d'autre peut gérer : rôles, personnes ou none.",
        "Quién más puede gestionar: roles, personas o none.",
        "他に管理できるロールや人、または none。",
        "还有谁可管理:身份组、成员或 none。",
    ),
    "Address of a feed to read here; you see what is in it before it is added.": (
        "Adresse eines Feeds; was darin steht, siehst du, bevor er hinzukommt.",
        "Adresse d'un flux à lire ici ; vous voyez son contenu avant de l'ajouter.",
        "Dirección de un canal; verás su contenido antes de añadirlo.",
        "ここで読むフィードのURL。追加の前に内容を確認できます。",
        "要在此读取的订阅源地址;添加前会先显示其内容。",
    ),
    "Name of a feed that is not to be read here any more.": (
        "Name eines Feeds, der hier nicht mehr gelesen werden soll.",
        "Nom d'un flux à ne plus lire ici.",
        "Nombre de un canal que ya no se debe leer aquí.",
        "ここで読むのをやめるフィードの名前。",
        "不再在此读取的订阅源名称。",
    ),
    "Say in the channel when somebody changes its subscriptions.": (
        "Änderungen an Abonnements im Kanal melden.",
        "Annoncer dans le salon tout changement d'abonnement.",
        "Avisar en el canal de los cambios de suscripción.",
        "購読の変更をチャンネルで知らせる。",
        "订阅变更时在频道中告知。",
    ),
}

OPTIONS: Final[Mapping[str, Mapping[str, str]]] = {
    english: dict(zip(_LOCALES, texts, strict=True)) for english, texts in _TEXTS.items()
}
"""English description → Discord's locale → description."""
