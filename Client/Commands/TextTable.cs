using System.Text;

namespace Chorus.Client.Commands;

/// <summary>Columns of text, numbers to the right.</summary>
internal sealed class TextTable(params string[] heads)
{
    private readonly List<string[]> _rows = [];

    public void Add(params string[] cells) => _rows.Add(cells);

    public override string ToString()
    {
        StringBuilder text = new();
        string[][] all = [heads, .. _rows];
        for (int row = 0; row < all.Length; row++)
        {
            StringBuilder line = new();
            for (int column = 0; column < heads.Length; column++)
            {
                int width = all.Max(cells => cells[column].Length);
                bool right = _rows.Count > 0 && _rows.All(cells => IsNumber(cells[column]));
                string cell = all[row][column];
                line.Append(right ? cell.PadLeft(width) : cell.PadRight(width)).Append("  ");
            }
            text.Append(line.ToString().TrimEnd()).Append(row < all.Length - 1 ? "\n" : "");
        }
        return text.ToString();
    }

    private static bool IsNumber(string cell) => cell == "-" || cell.All(c => char.IsAsciiDigit(c) || c == ',');
}
