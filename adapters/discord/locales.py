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
    "preview": {
        "de": "Was ein Filter zuletzt gebracht hätte, und wie viele Artikel am Tag.",
        "fr": "Ce qu'un filtre aurait apporté ces derniers jours.",
        "es-ES": "Lo que un filtro habría traído estos días.",
        "ja": "条件に最近一致した論文と、1日あたりの件数。",
        "zh-CN": "某条件近期会带来什么,每天多少篇。",
    },
    "paper": {
        "de": "Einen Artikel als volle Karte zeigen.",
        "fr": "Montrer un article en carte complète.",
        "es-ES": "Mostrar un artículo como tarjeta completa.",
        "ja": "論文を詳細カードで表示します。",
        "zh-CN": "以完整卡片显示一篇论文。",
    },
    "digest": {
        "de": "Die nächste Sammlung eines Abonnements, wie sie jetzt steht.",
        "fr": "Le prochain envoi groupé d'un abonnement, tel qu'il est.",
        "es-ES": "El próximo resumen de una suscripción, tal como está.",
        "ja": "購読の次のまとめを、現時点の内容で表示します。",
        "zh-CN": "某订阅下一份汇总的当前内容。",
    },
    "discuss": {
        "de": "Den Thread zu einem Artikel öffnen oder finden.",
        "fr": "Ouvrir le fil d'un article, ou retrouver celui qui existe.",
        "es-ES": "Abrir el hilo de un artículo o encontrar el que hay.",
        "ja": "論文のスレッドを開く、または見つけます。",
        "zh-CN": "打开某论文的子区,或找到已有的。",
    },
    "save": {
        "de": "Einen Artikel auf die eigene Liste setzen.",
        "fr": "Garder un article sur votre liste.",
        "es-ES": "Guardar un artículo en tu lista.",
        "ja": "論文を自分のリストに保存します。",
        "zh-CN": "将论文收藏到自己的列表。",
    },
    "saved": {
        "de": "Deine gemerkten Artikel, als Liste oder Datei.",
        "fr": "Vos articles gardés, en liste ou en fichier.",
        "es-ES": "Tus artículos guardados, como lista o archivo.",
        "ja": "保存した論文を、リストまたはファイルで。",
        "zh-CN": "你收藏的论文,列表或文件。",
    },
    "profile": {
        "de": "Was hier gewünscht ist, gelernt aus 👍 und 👎.",
        "fr": "Ce qui est voulu ici, appris des 👍 et 👎.",
        "es-ES": "Lo que se quiere aquí, aprendido de 👍 y 👎.",
        "ja": "👍 と 👎 から学んだ、ここでの好み。",
        "zh-CN": "从 👍 和 👎 学到的此处偏好。",
    },
    "web": {
        "de": "Eine Seite oder ein Feed mit dem, was hier kam.",
        "fr": "Une page ou un flux de ce qui est venu ici.",
        "es-ES": "Una página o un feed con lo que llegó aquí.",
        "ja": "ここに届いた論文のページまたはフィード。",
        "zh-CN": "此处论文的网页或订阅源。",
    },
    "status": {
        "de": "Wie es den Quellen, der Warteschlange und diesem Kanal geht.",
        "fr": "L'état des sources, de la file et de ce salon.",
        "es-ES": "Cómo están las fuentes, la cola y este canal.",
        "ja": "情報源、待ち行列、このチャンネルの状態。",
        "zh-CN": "来源、队列和此频道的状态。",
    },
    "feeds": {
        "de": "Eigene RSS- und Atom-Feeds: einen angeben, auflisten, entfernen.",
        "fr": "Vos propres flux RSS et Atom : en donner un, les lister, en retirer un.",
        "es-ES": "Tus propios canales RSS y Atom: añadir, listar o quitar.",
        "ja": "独自のRSS/Atomフィードの追加、一覧、削除。",
        "zh-CN": "添加、列出或移除自己的RSS和Atom订阅源。",
    },
    "settings": {
        "de": "Was hier für alle gilt: Zeitzone, Karten, Threads, Verwalter.",
        "fr": "Ce qui vaut ici pour tous : fuseau, cartes, fils, gestion.",
        "es-ES": "Lo que vale aquí para todos: zona, tarjetas, hilos, gestión.",
        "ja": "ここでの共通設定: タイムゾーン、カード、スレッド、管理者。",
        "zh-CN": "此处的通用设置:时区、卡片、子区、管理者。",
    },
    "forget-me": {
        "de": "Was ich über dich gespeichert habe; ausgeben oder löschen.",
        "fr": "Ce que je garde sur vous ; l'exporter ou l'effacer.",
        "es-ES": "Lo que guardo sobre ti; exportarlo o borrarlo.",
        "ja": "保存しているあなたの情報。書き出しまたは削除。",
        "zh-CN": "我保存的关于你的信息;导出或删除。",
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
