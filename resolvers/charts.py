"""Charts."""

from db.charts import charts
from db.pages import Term
from resolvers.pages import Connection
from resolvers.relations import one

charts_by_id = one(charts.c.id)
all_charts = Connection("charts", charts, (Term("created_at", descending=True),))
charts_of_workspaces = Connection("workspace.charts", charts, (Term("position"),), match=charts.c.workspace_id)
