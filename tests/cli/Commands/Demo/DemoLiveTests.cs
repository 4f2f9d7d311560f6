using System.Globalization;
using System.Text;
using NetSniff.Cli;
using NetSniff.Cli.Capturing;
using NetSniff.Cli.Commands;
using NetSniff.Cli.Commands.Demo;

namespace NetSniff.Tests.Cli.Commands.Demo;

/// <summary>The shop itself, in network namespaces. Needs root, their tools, and the servers of `tools/install.sh
/// test`.
/// </summary>
public sealed class DemoLiveTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(120);
    private static readonly string[] s_servers = ["web", "catalog", "chat", "dns"];

    [Fact]
    public void The_shop_is_seen_while_it_is_open()
    {
        SkipWhereNoShopOpens();
        using var interrupts = new Interrupts(listens: false);
        string[] wanted = ["HTTP/1.1  GET web.shop/", "HTTP/2 ", "WebSocket ", "DNS ", "TLS ", "  404  "];
        using var output = new WatchedStream(text =>
        {
            if (wanted.All(word => text.Contains(word, StringComparison.Ordinal))) interrupts.Stop(StopReason.Enough);
        });
        using var error = new StringWriter(CultureInfo.InvariantCulture);
        var terminal = new Terminal { Output = output, Error = error };
        var settings = new CaptureSettings
        {
            Format = OutputFormat.Table, Names = ShopPlan.Names, FoldsFlows = true, IsSummarised = true,
        };

        var code = new DemoRun(terminal, settings, interrupts).Run(s_patience, isCaptureOnly: false);

        Assert.Equal(ExitCode.Ok, code);
        Assert.All(wanted, word => Assert.Contains(word, output.Text, StringComparison.Ordinal));
        Assert.DoesNotContain("recorded", error.ToString(), StringComparison.Ordinal);
        Assert.Contains("LEDGER", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_of_it_is_left_behind()
    {
        SkipWhereNoShopOpens();
        var script = new ShopScript(ShopProcess.HasProgram);
        string processes;
        using (var shop = ShopProcess.Open(script, TestContext.Current.CancellationToken))
        {
            shop.Tell(script.Story());
            processes = Namespace(shop.Id);
            Assert.True(Members(processes) > s_servers.Length, "the servers are in the shop's process namespace");
            Assert.NotEqual(Namespace(Environment.ProcessId), processes);
        }

        // Every process was in that namespace, and they alone held the network and the files.
        Assert.Equal(0, Members(processes));
        Assert.DoesNotContain(ShopPlan.Bridge, File.ReadAllText("/proc/net/dev"), StringComparison.Ordinal);
        Assert.False(Directory.Exists("/run/shop"));
    }

    [Fact]
    public void A_shop_nobody_holds_open_ends_by_itself()
    {
        SkipWhereNoShopOpens();
        var script = new ShopScript(static program => program == "dnsmasq" && ShopProcess.HasProgram(program));
        var shop = ShopProcess.Open(script, TestContext.Current.CancellationToken);
        var processes = Namespace(shop.Id);
        Assert.NotEqual(0, Members(processes));

        // What the kernel does when our process is killed: it closes the pipe.
        shop.LetGo();

        Assert.True(SpinWait.SpinUntil(() => Members(processes) == 0, s_patience));
        shop.Dispose();
    }

    private static void SkipWhereNoShopOpens()
    {
        if (DemoRun.WhyNot() is { } why) Assert.Skip($"no shop can be opened here: {why}");

        var missing =
            new ShopScript(ShopProcess.HasProgram).Missing.Where(host => s_servers.Contains(host.Name)).ToList();
        if (missing.Count > 0)
        {
            Assert.Skip($"not installed: {string.Join(", ", missing.Select(host => host.Server!.Package))}");
        }

        try
        {
            ShopProcess.Open(new ShopScript(static _ => false), TestContext.Current.CancellationToken).Dispose();
        }
        catch (ShopException problem)
        {
            Assert.Skip($"no shop can be opened here: {problem.Message}");
        }
    }

    private static string Namespace(int process) => File.ResolveLinkTarget($"/proc/{process}/ns/pid", false)!.Name;

    private static int Members(string processes) => Directory.EnumerateDirectories("/proc").Count(folder =>
    {
        try
        {
            return char.IsAsciiDigit(Path.GetFileName(folder)[0])
                && new FileInfo(Path.Combine(folder, "ns/pid")).LinkTarget == processes;
        }
        catch (IOException)
        {
            return false; // ended while we looked
        }
    });

    private sealed class WatchedStream(Action<string> seen) : MemoryStream
    {
        public string Text => Encoding.UTF8.GetString(GetBuffer(), 0, (int)Length);

        public override void Write(byte[] buffer, int offset, int count)
        {
            base.Write(buffer, offset, count);
            seen(Text);
        }
    }
}
