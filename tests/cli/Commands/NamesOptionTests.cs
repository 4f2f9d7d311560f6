using NetSniff.Cli.Commands;
using NetSniff.Fuzz.Captures;

namespace NetSniff.Tests.Cli.Commands;

/// <summary>`read --names`: pods and services in place of addresses, and in filters.</summary>
public sealed class NamesOptionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _capture;

    public NamesOptionTests()
    {
        _capture = _folder["shop.pcap"];
        File.WriteAllBytes(_capture, LoadedCapture.ToPcap(Handmade.Capture()));
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Names_are_shown_and_asked_for()
    {
        var names = Names("pods: [{name: web-1, namespace: shop, addresses: [192.0.2.10], labels: {app: web}}]\n"
            + "services: [{name: cart, namespace: shop, addresses: [198.51.100.20]}]\n");
        var end = NetsniffProcess.Run("read", _capture, "--names", names, "-o", "table");
        Assert.Equal((ExitCode.Ok, ""), (end.Code, end.Error));
        Assert.Contains(" shop/web-1:", end.Output, StringComparison.Ordinal);
        Assert.Contains(" → shop/cart:", end.Output, StringComparison.Ordinal);

        const string asked = "src.label.app == web and dst.service == cart and http";
        end = NetsniffProcess.Run("read", _capture, "--names", names, "-o", "jsonl", "--where", asked);
        Assert.Contains("\"src.pod\":\"web-1\"", end.Output, StringComparison.Ordinal);
        end = NetsniffProcess.Run("read", _capture, "--names", names, "-o", "jsonl", "--where", "dst.service == web");
        Assert.Empty(end.Output);
    }

    [Fact]
    public void A_bad_file_is_refused_before_anything_is_written()
    {
        var target = _folder["kept.jsonl"];
        File.WriteAllText(target, "kept");
        var end = NetsniffProcess.Run("read", _capture, "--names", Names("pods: [{nam: x}]"), "-w", target);
        Assert.Equal(ExitCode.Usage, end.Code);
        Assert.Contains("line 1: a pod has no key 'nam'; did you mean name?", end.Error, StringComparison.Ordinal);
        Assert.Equal("kept", File.ReadAllText(target));
    }

    private string Names(string text)
    {
        var path = _folder["names.yaml"];
        File.WriteAllText(path, text);
        return path;
    }
}
