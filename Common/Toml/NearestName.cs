namespace Chorus.Common.Toml;

/// <summary>Finds what somebody meant who wrote a name that does not exist.</summary>
public static class NearestName
{
    /// <summary>The known name with the fewest typing mistakes, or null when none is near.</summary>
    /// <param name="name">What was written.</param>
    /// <param name="known">What could have been meant; of equally near ones the first.</param>
    public static string? Find(string name, IEnumerable<string> known)
    {
        string? nearest = null;
        int fewest = 1 + Math.Max(1, name.Length / 3);
        foreach (string candidate in known)
        {
            int mistakes = CountMistakes(name.ToLowerInvariant(), candidate.ToLowerInvariant());
            if (mistakes >= fewest || mistakes >= candidate.Length)
                continue;
            fewest = mistakes;
            nearest = candidate;
        }
        return nearest;
    }

    // Characters missing, too many, wrong, or two neighbours swapped.
    private static int CountMistakes(string a, string b)
    {
        int[,] distance = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
            distance[i, 0] = i;
        for (int j = 0; j <= b.Length; j++)
            distance[0, j] = j;
        for (int i = 1; i <= a.Length; i++)
        {
            for (int j = 1; j <= b.Length; j++)
            {
                int changed = distance[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                int best = Math.Min(changed, 1 + Math.Min(distance[i - 1, j], distance[i, j - 1]));
                bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
                distance[i, j] = swapped ? Math.Min(best, 1 + distance[i - 2, j - 2]) : best;
            }
        }
        return distance[a.Length, b.Length];
    }
}
