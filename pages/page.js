"use strict";

const QUERY = `# Workgraph: one graph of workspaces, agents, computers, charts and sessions.
# Ctrl-Enter runs the query; Ctrl-Space shows what fits; the book on the left describes every field.

query Fleet {
  workspaces(first: 5, orderBy: [{ field: UPDATED_AT, direction: DESC }]) {
    totalCount
    nodes {
      name
      status
      systems
      agents { nodes { name status } }
      computers { nodes { name status } }
      charts { nodes { title } }
      sessions(first: 3) { nodes { title messages(first: 2) { nodes { role content } } } }
    }
  }
}
`;

const fetcher = async (parameters, options = {}) => {
  const response = await fetch("/graphql", {
    method: "POST",
    credentials: "same-origin",
    headers: { "Content-Type": "application/json", Accept: "application/json", ...options.headers },
    body: JSON.stringify(parameters),
  });
  return response.json();
};

ReactDOM.render(
  React.createElement(GraphiQL, {
    fetcher,
    defaultQuery: QUERY,
    shouldPersistHeaders: false,
    defaultEditorToolsVisibility: true,
  }),
  document.getElementById("graphiql"),
);
