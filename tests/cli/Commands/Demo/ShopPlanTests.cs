using System.Diagnostics;
using System.Net;
using System.Text.RegularExpressions;
using NetSniff.Cli.Commands.Demo;
using NetSniff.Packets;

namespace NetSniff.Tests.Cli.Commands.Demo;

public sealed partial class ShopPlanTests
{
    private static readonly ShopScript s_all = new(static _ => true);

    [Fact]
    public void Hosts_differ_in_name_and_address()
    {
        Assert.Equal(ShopPlan.Hosts.Count, ShopPlan.Hosts.Select(host => host.Name).Distinct().Count());
        Assert.Equal(ShopPlan.Hosts.Count, ShopPlan.Hosts.Select(host => host.Address).Distinct().Count());
    }

    [Fact]
    public void Every_address_has_its_hosts_name()
    {
        foreach (var host in ShopPlan.Hosts)
        {
            var address = Address.FromBytes(IPAddress.Parse(host.Address).GetAddressBytes());
            Assert.True(ShopPlan.Names.TryGet(address, out var name));
            Assert.Equal(host.Name, System.Text.Encoding.UTF8.GetString(name));
        }
    }

    [Fact]
    public void Every_step_is_of_a_host_and_within_the_round() => Assert.All(ShopPlan.Steps, step =>
    {
        Assert.Contains(ShopPlan.Hosts, host => host.Name == step.Host);
        Assert.InRange(step.At, 0, ShopPlan.RoundSeconds);
        Assert.StartsWith(step.Program + " ", step.Command, StringComparison.Ordinal);
    });

    [Fact]
    public void Every_address_asked_for_is_a_host()
    {
        var asked =
            ShopPlan.Steps.SelectMany(step => UrlHost().Matches(step.Command)).Select(match => match.Groups[1].Value);
        Assert.All(asked.Distinct(), name => Assert.Contains(ShopPlan.Hosts, host => $"{host.Name}.shop" == name));
    }

    [Fact]
    public void Every_file_a_server_reads_is_written_before_it_starts()
    {
        var script = s_all.Opening();
        Assert.All(ShopPlan.Hosts.Where(host => host.Server is not null), host =>
        {
            var start = script.IndexOf($"on {host.Name} {host.Server!.Command} &", StringComparison.Ordinal);
            Assert.True(start > 0, $"{host.Name} is not started");
            Assert.All(host.Server.Files, file =>
                Assert.InRange(script.IndexOf($"cat >/run/shop/{file} ", StringComparison.Ordinal), 1, start));
        });
    }

    [Fact]
    public void All_servers_start_before_the_first_is_waited_for()
    {
        var script = s_all.Opening();
        var firstWait = script.IndexOf("\nawait ", StringComparison.Ordinal);
        Assert.True(script.LastIndexOf(" &\n", StringComparison.Ordinal) < firstWait);
    }

    [Fact]
    public void What_is_not_installed_is_named_and_left_out()
    {
        var script = new ShopScript(static program => program is not ("nghttpd" or "nmap" or "openssl"));

        Assert.Equal(["catalog"], script.Missing.Select(host => host.Name));
        Assert.Equal(["nmap"], script.MissingPrograms);
        Assert.DoesNotContain("nghttpd", script.Opening(), StringComparison.Ordinal);
        Assert.DoesNotContain("await catalog", script.Opening(), StringComparison.Ordinal);
        // Without a certificate the web server must not be told of one.
        Assert.DoesNotContain("ssl_certificate", script.Opening(), StringComparison.Ordinal);
        Assert.DoesNotContain("nmap", script.Story(), StringComparison.Ordinal);
        Assert.Contains("on mobile nghttp ", script.Story(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_script_is_one_a_shell_can_read(bool hasAll)
    {
        if (!File.Exists("/bin/sh")) Assert.Skip("no /bin/sh on this system");

        var script = new ShopScript(_ => hasAll);
        var start = new ProcessStartInfo("/bin/sh", ["-n"])
        {
            RedirectStandardInput = true, RedirectStandardError = true, RedirectStandardOutput = true,
        };
        using var shell = Process.Start(start)!;
        shell.StandardInput.Write(script.Opening() + script.Story());
        shell.StandardInput.Close();
        Assert.Equal("", shell.StandardError.ReadToEnd());
        shell.WaitForExit();
        Assert.Equal(0, shell.ExitCode);
    }

    [GeneratedRegex("https?://([a-z.]+)")]
    private static partial Regex UrlHost();
}
