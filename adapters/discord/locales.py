"""What the commands say in other languages; their names stay the same in all.

Keys are Discord's locales (https://discord.com/developers/docs/reference#locales). Texts have at most 100
characters. The verb "" is ``/papers`` itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

DESCRIPTIONS: Final[Mapping[str, Mapping[str, str]]] = {
    "": {
        "de": "Neue Fachartikel, die zu deinen Themen passen.",
        "fr": "Les nouveaux articles qui correspondent à vos sujets.",
        "es-ES": "Artículos nuevos que encajan con tus temas.",
        "ja": "興味に合う新しい論文をお知らせします。",
        "zh-CN": "推送符合你兴趣的新论文。",
    },
    "help": {
        "de": "Was ich kann, mit Beispielen zum Kopieren.",
        "fr": "Ce que je sais faire, avec des exemples à copier.",
        "es-ES": "Lo que sé hacer, con ejemplos para copiar.",
        "ja": "できることと、そのまま使える例。",
        "zh-CN": "我能做什么,附可复制的示例。",
    },
    "setup": {
        "de": "Artikelmeldungen für diesen Kanal in vier kurzen Schritten einrichten.",
        "fr": "Configurer les alertes de ce salon en quatre étapes.",
        "es-ES": "Configurar las alertas de este canal en cuatro pasos.",
        "ja": "このチャンネルの論文通知を4ステップで設定します。",
        "zh-CN": "四步为此频道设置论文提醒。",
    },
    "subscribe": {
        "de": "Neue Artikel zu einem Filter bekommen, hier oder als Direktnachricht.",
        "fr": "Recevoir les nouveaux articles d'un filtre, ici ou en message privé.",
        "es-ES": "Recibir artículos nuevos de un filtro, aquí o por mensaje directo.",
        "ja": "条件に合う新しい論文を、ここまたはDMで受け取ります。",
        "zh-CN": "在此处或通过私信接收符合条件的新论文。",
    },
    "list": {
        "de": "Die Abonnements hier, mit Nummer und nächstem Termin.",
        "fr": "Les abonnements d'ici, leurs numéros et leur prochain envoi.",
        "es-ES": "Las suscripciones de aquí, con su número y su próximo envío.",
        "ja": "ここの購読一覧と、番号、次回の投稿予定。",
        "zh-CN": "此处的订阅、编号及下次推送时间。",
    },
    "edit": {
        "de": "Ein Abonnement ändern: Filter, Ort oder Zeitpunkt.",
        "fr": "Modifier un abonnement : filtre, lieu ou horaire.",
        "es-ES": "Cambiar una suscripción: filtro, lugar u horario.",
        "ja": "購読の条件、投稿先、時刻を変更します。",
        "zh-CN": "修改订阅的条件、位置或时间。",
    },
    "pause": {
        "de": "Ein Abonnement anhalten; was inzwischen passt, bleibt erhalten.",
        "fr": "Suspendre un abonnement ; rien n'est perdu entre-temps.",
        "es-ES": "Pausar una suscripción; lo que coincida se guarda.",
        "ja": "購読を一時停止します。その間の論文は保存されます。",
        "zh-CN": "暂停订阅;期间匹配的论文会保留。",
    },
    "resume": {
        "de": "Ein angehaltenes Abonnement fortsetzen, mit oder ohne das Verpasste.",
        "fr": "Reprendre un abonnement suspendu, avec ou sans ce qui a été manqué.",
        "es-ES": "Reanudar una suscripción pausada, con o sin lo perdido.",
        "ja": "停止中の購読を再開します(停止中の分も受け取れます)。",
        "zh-CN": "恢复已暂停的订阅,可选择补发。",
    },
    "remove": {
        "de": "Ein Abonnement löschen; 30 Tage lang umkehrbar.",
        "fr": "Supprimer un abonnement ; récupérable pendant 30 jours.",
        "es-ES": "Borrar una suscripción; recuperable durante 30 días.",
        "ja": "購読を削除します。30日以内なら元に戻せます。",
        "zh-CN": "删除订阅;30天内可恢复。",
    },
    "search": {
        "de": "Die Artikel durchsuchen, die ich kenne.",
        "fr": "Chercher parmi les articles que je connais.",
        "es-ES": "Buscar entre los artículos que conozco.",
        "ja": "収集済みの論文を検索します。",
        "zh-CN": "搜索我已收录的论文。",
    },
    "explain": {
        "de": "Warum ein Artikel kam oder nicht kam, Schritt für Schritt.",
        "fr": "Pourquoi un article est venu ou non, étape par étape.",
        "es-ES": "Por qué llegó o no un artículo, paso a paso.",
        "ja": "論文が届いた理由、届かなかった理由を順に説明します。",
        "zh-CN": "逐步说明某篇论文为何被推送或未被推送。",
    },
}

MENU_NAMES: Final[Mapping[str, Mapping[str, str]]] = {
    "discuss": {
        "de": "Artikel besprechen",
        "fr": "Discuter de cet article",
        "es-ES": "Comentar este artículo",
        "ja": "この論文を議論する",
        "zh-CN": "讨论这篇论文",
    },
    "save": {
        "de": "Artikel merken",
        "fr": "Garder cet article",
        "es-ES": "Guardar este artículo",
        "ja": "この論文を保存",
        "zh-CN": "收藏这篇论文",
    },
}
