import json, time
import pytest
from tests.conftest import *

async def test_x(graph, importer, statements):
    t=time.time()
    await importer.lines(*fleet(10, each=2))
    print("import 10", time.time()-t)
    g=graph
    async def show(q, **v):
        try:
            r=await g.ask(q, **v)
        except Exception as e:
            print("EXC", q[:80], repr(e)[:200]); return
        print(q[:90].replace("\n"," "), "->", str(r.data)[:300], [ (type(e.original_error).__name__, str(e)[:200]) for e in r.errors or []])
    await show('query($i:ID!){node(id:$i){id}}', i="W\0"+"a"*21)
    await show('query($i:ID!){node(id:$i){id}}', i="W\ud800"+"a"*21)
    await show('query($i:String){tags(namespace:$i){id}}', i="W\0")
    await show('query($i:String){workspaces(filter:{name:{eq:$i}}){nodes{id}}}', i="\ud800")
    await show('query($i:String){workspaces(filter:{name:{contains:$i}}){totalCount}}', i="WORKSPACE 0")
    await show('query($i:[String!]){workspaces(filter:{tags:{any:$i}}){totalCount}}', i=[f"t{n}" for n in range(1000)])
    await show('query($i:[String!]){workspaces(filter:{tags:{all:$i}}){totalCount}}', i=[f"t{n}" for n in range(1000)])
    await show('query($i:[WorkspaceFilter!]){workspaces(filter:{or:$i}){totalCount}}', i=[{"name":{"eq":str(n)}} for n in range(2000)])
    for depth in (20,50,100):
        f={"name":{"eq":"x"}}
        for n in range(depth): f={"not":f}
        await show('query($i:WorkspaceFilter){workspaces(filter:$i){totalCount}} #'+str(depth), i=f)
    for depth in (5,20,50):
        f={"name":{"eq":"x"}}
        for n in range(depth): f={"parent":f}
        await show('query($i:WorkspaceFilter){workspaces(filter:$i){totalCount}} #'+str(depth), i=f)
    await show('query($i:[WorkspaceFilter!]){workspaces(filter:{and:$i}){totalCount}}', i=[{"name":{"in":[str(n*1000+k) for k in range(1000)]}} for n in range(40)])
    await show('{workspaces(filter:{name:{notIn:null}}){totalCount}}')
    await show('{ sources { system recordCount records{kind count} answers(first:2){nodes{path} totalCount} } }')
    await show('{ viewer { email scopes organization{id name} users{id email} } }')
    await show('{ workspaces(first:1) {nodes{ share{state status recipients{email}} vai{shareRecipients{email} sharedBy{email}} sources{system stale document} integrations{provider detail} tags{name} owner{id} } } }')
    await importer.lines(exchange("orgo","GET /workspaces/o-00001",{"id":"o-00001","name":"Ökonomie É","computers":[{"id":"cx","name":"n"*5000,"status":"running","ram":5000000000}]}))
    print(importer.summary.outcomes)
    await importer.lines({"link":[["orgo","o-00001"],["orgo","zz"]]})
    await importer.lines(exchange("orgo","GET /workspaces/o-9",{"id":"o-9","name":"Ökonomie É","computers":[{"id":"cx","name":"n"*5000,"status":"running","ram":2}]}))
    print(importer.summary.outcomes)
    await show('query($i:String){workspaces(filter:{name:{contains:$i}}){totalCount nodes{name}}}', i="Ökon")
    await show('query($i:String){workspaces(filter:{name:{contains:$i}}){totalCount nodes{name}}}', i="ökon")
    await show('query($i:String){workspaces(filter:{name:{startsWith:$i}}){totalCount nodes{name}}}', i="É")
    r=await g.data('{computers(first:1,orderBy:[{field:NAME,direction:DESC}]){edges{cursor}}}')
    c=r["computers"]["edges"][0]["cursor"]; print(len(c))
    await show('query($c:String){computers(first:1,after:$c,orderBy:[{field:NAME,direction:DESC}]){nodes{name}}}', c=c)
    for spec in ({"limit":"many","title":5,"y":[{"agg":3,"column":7}],"group":"region","sort":"x","x":5,"v":"a","filters":[1]}, None, {}, {"limit":None,"y":None,"limit":1e30}, {"limit": 2.5, "v": True, "group": [], "sort": {}, "subtitle": {"a": 1}}, {"limit": 5000000000}):
        e=await importer.lines(exchange("vai","GET /api/v1/workspaces/v-00001/charts",{"items":[{"id":"hx","workspaceId":"v-00001","title":"odd","position":1,"spec":spec}]}, at="2026-11-02T10:00:00Z"))
        print([ (x.outcome, x.problems) for x in e])
        await show('{charts(filter:{title:{eq:"odd"}}){nodes{title spec{v kind title subtitle theme x{column truncate} y{column agg label} group{column} filters{column op value document} sort{by order} limit}}}}')
