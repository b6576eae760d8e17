// Images of outputs with the alternative text of their metadata, which JupyterLab 4.6 leaves out
// (github.com/jupyter/enhancement-proposals, issue 120). Written by hand: the container that JupyterLab asks for
// has init, which gets the modules that it shares, and get, which gives those of the extension.
(() => {
  let rendermime;

  const shared = async (scope, name) => (await Object.values(scope[name])[0].get())();

  const plugin = ({RenderedImage}) => {
    class DescribedImage extends RenderedImage {
      async render(model) {
        await super.render(model);
        this.node.querySelector("img")?.setAttribute("alt", model.metadata["image/png"]?.alt ?? "");
      }
    }
    return {
      id: "figure-words:plugin",
      rendererFactory: {
        safe: true,
        mimeTypes: ["image/png"],
        defaultRank: 80, // before JupyterLab's own, which has 90
        createRenderer: (options) => new DescribedImage(options),
      },
      rank: 80,
      dataType: "string",
    };
  };

  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB["figure-words"] = {
    init: async (scope) => {
      rendermime = await shared(scope, "@jupyterlab/rendermime");
    },
    get: async () => () => ({__esModule: true, default: plugin(rendermime)}),
  };
})();
